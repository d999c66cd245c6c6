"""Migrates a host's database; first prints how many migrations there are to apply."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402 -- app ready
from django.db import connection  # noqa: E402 -- app ready
from django.db.migrations.executor import MigrationExecutor  # noqa: E402 -- app ready

executor = MigrationExecutor(connection)
print("PLAN", len(executor.migration_plan(executor.loader.graph.leaf_nodes())), flush=True)
call_command("migrate", interactive=False, verbosity=1)
