"""
Creates the tables of a 3.x host from its models, without its migrations.

The database needs the extensions first. The sequences stand in for the migrations that make
them: without them orders get no number.
"""

from typing import Dict

import django
from django.conf import settings


class NoMigrations(Dict[str, None]):
    """Says of every app that it has no migrations."""

    def __contains__(self, label: object) -> bool:
        return True

    def __getitem__(self, label: str) -> None:
        return None


settings.MIGRATION_MODULES = NoMigrations()
django.setup()

from django.core.management import call_command  # noqa: E402 -- app ready

call_command("migrate", run_syncdb=True, interactive=False, verbosity=1)
