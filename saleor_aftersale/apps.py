"""Django app; at start connects handlers, the beat schedule and the GraphQL schema."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

if TYPE_CHECKING:
    from . import events


class AftersaleConfig(AppConfig):
    """The app Saleor finds by the name of our entry point."""

    name = "saleor_aftersale"
    verbose_name = "After-sales service"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import events  # noqa: PLC0415 -- app ready
        from .graphql import schema  # noqa: PLC0415 -- app ready

        events.subscribe(_handlers)
        settings.CELERY_BEAT_SCHEDULE["aftersale-sweep"] = {
            "task": "saleor_aftersale.tasks.sweep",
            "schedule": timedelta(minutes=1),
        }
        schema.install()


def _handlers() -> events.Table:
    from .handlers import HANDLERS  # noqa: PLC0415 -- slow import, with mails and tasks

    return HANDLERS
