"""Django app; at start connects handlers, the beat schedule and the GraphQL schema."""

from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings


class AftersaleConfig(AppConfig):
    """The app Saleor finds by the name of our entry point."""

    name = "saleor_aftersale"
    verbose_name = "After-sales service"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import events, handlers, tasks  # noqa: PLC0415 -- app ready
        from .graphql import schema  # noqa: PLC0415 -- app ready

        events.subscribe(handlers.HANDLERS)
        for name, seconds in tasks.BEAT.items():
            settings.CELERY_BEAT_SCHEDULE[f"aftersale-{name}"] = {
                "task": f"saleor_aftersale.tasks.{name}",
                "schedule": timedelta(seconds=seconds),
            }
        schema.install()
