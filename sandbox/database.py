"""Migrated databases, made once and then copied: for tests, for the demo."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from typing import Callable

from .find import EXTENSIONS
from .hosts import Host, own_migrations_key
from .places import SANDBOX, key_of, locked
from .postgres import Server
from .processes import Failed
from .progress import Progress, Step

#: Made by migrations of 3.x, so missing where tables are made from models.
SEQUENCES = (
    "order_order_number_seq",
    "discount_promotion_old_sale_id_seq",
    "discount_promotionrule_old_channel_listing_id_seq",
)


def migrated(server: Server, host: Host, database: str, progress: Progress) -> None:
    """Make `database` with all migrations applied, the plugin's included."""

    def make() -> None:
        host_only(server, host, database, progress)
        migrate(server, host, database, progress)

    _made_once(server, database, key_of("migrated", host.key, own_migrations_key()), make, progress)


def host_only(server: Server, host: Host, database: str, progress: Progress) -> None:
    """Make `database` as a shop has it before it installs the plugin: the host's migrations."""

    def make() -> None:
        server.create(database)
        migrate(server, host, database, progress, plugin=False)

    _made_once(server, database, key_of("host", host.key), make, progress)


def tables_only(server: Server, host: Host, database: str, progress: Progress) -> None:
    """Make `database` of a 3.x host from its models: no data, a tenth of the migrations' time."""

    def make() -> None:
        server.create(database)
        statements = ["CREATE EXTENSION IF NOT EXISTS " + name for name in EXTENSIONS]
        statements += ["CREATE SEQUENCE " + name for name in SEQUENCES]
        server.sql(*statements, database=database)
        environment = host.environment(settings="saleor.tests.settings", plugin=False)
        with progress.step("Creating the tables of " + host.name) as step:
            _run(host, "create_tables.py", environment, server.url(database), step)

    key = key_of("tables", host.key, SANDBOX / "inside" / "create_tables.py")
    _made_once(server, database, key, make, progress)


def _made_once(
    server: Server, database: str, key: str, make: Callable[[], None], progress: Progress
) -> None:
    """Copy `database` from the template `key`; at the first time `make` it and keep the copy."""
    if server.load(key, database):
        return
    with locked(
        "database-" + key, lambda: progress.say("… another launcher makes the same database")
    ):
        if not server.load(key, database):
            make()
            server.save(database, key)


def for_tests(server: Server, host: Host, database: str, progress: Progress) -> None:
    """Make `database`, which each test process copies; the plugin's migrations run there."""
    make = tables_only if host.is_3 else host_only
    make(server, host, database, progress)


def migrate(
    server: Server, host: Host, database: str, progress: Progress, *, plugin: bool = True
) -> None:
    """Apply what migrations are missing, counting them aloud."""
    title = "Migrating the database of {}{}".format(host.name, " for the plugin" if plugin else "")
    with progress.step(title) as step:
        _run(
            host, "migrate_database.py", host.environment(plugin=plugin), server.url(database), step
        )


def _run(host: Host, program: str, environment: dict[str, str], url: str, step: Step) -> None:
    popen = subprocess.Popen(
        [str(host.python), str(SANDBOX / "inside" / program)],
        env={**environment, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        cwd=os.path.abspath(os.sep),
    )
    try:
        said = _follow(popen, step)
        if popen.wait() != 0:
            raise Failed("{} failed in {}.\n{}".format(program, host.name, "\n".join(said)))
    finally:
        popen.kill()
        popen.wait()


def _follow(popen: subprocess.Popen[str], step: Step) -> deque[str]:
    said: deque[str] = deque(maxlen=30)
    total, applied = "", 0
    for line in popen.stdout or ():
        said.append(line.rstrip())
        if line.startswith("PLAN "):
            total = line[5:].strip()
        elif line.startswith("  Applying "):
            applied += 1
            step.note(f"{applied} of {total}")
    return said
