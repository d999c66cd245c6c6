"""`make test` and `make test-saleor3`: pytest inside a real Saleor, with a real PostgreSQL."""

from __future__ import annotations

import os
from typing import Sequence

from . import database, postgres
from .hosts import Host
from .places import ROOT
from .postgres import Server
from .progress import Progress
from .quality import passed
from .runs import run_folder

#: More take longer to start than they save.
MOST_PROCESSES = 4


def test(host: Host, progress: Progress, pytest_arguments: Sequence[str]) -> list[str]:
    """Unit and integration tests in one pytest process of the host; gives what failed."""
    with run_folder("test") as folder:
        server = postgres.start(folder, host.python, progress)
        try:
            return _test(server, host, progress, pytest_arguments)
        finally:
            server.stop()


def _test(
    server: Server, host: Host, progress: Progress, pytest_arguments: Sequence[str]
) -> list[str]:
    # The names of a run are its own: a server named by DATABASE_URL may serve two at once.
    template, name = f"aftersale_template_{os.getpid()}", f"aftersale_{os.getpid()}"
    database.for_tests(server, host, template, progress)
    environment = {
        **host.environment(settings=host.test_settings),
        "DATABASE_URL": server.url(name),
        "AFTERSALE_TEST_TEMPLATE": template,
    }
    failures = []
    try:
        is_part = any(os.path.exists(word.split("::")[0]) for word in pytest_arguments)
        where = [] if is_part else ["tests/unit", "tests/saleor", "-q", *_side_by_side()]
        command = [
            host.python,
            "-m",
            "pytest",
            "--create-db",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            ROOT,
            "-c",
            "setup.cfg",
        ]
        title = "tests inside " + host.name
        if not passed(title, [*command, *where, *pytest_arguments], environment, progress):
            failures.append(title)
        if not is_part:
            failures += migrations_missing(host, server.url(template), progress)
    finally:
        server.drop(template)
    return failures


def _side_by_side() -> list[str]:
    """All tests at once are shared among processors; each process starts its own Saleor."""
    processors = min(os.cpu_count() or 1, MOST_PROCESSES)
    return ["-n", str(processors)] if processors > 1 else []


def migrations_missing(host: Host, url: str, progress: Progress) -> list[str]:
    """Compare models with migrations; gives what failed."""
    title = "migrations complete on " + host.name
    environment = {**host.environment(), "DATABASE_URL": url}
    command = [
        host.python,
        "-W",
        "ignore",
        "-m",
        "django",
        "makemigrations",
        "--check",
        "--dry-run",
        "saleor_aftersale",
    ]
    return [] if passed(title, command, environment, progress) else [title]


def test_migrations(host: Host, progress: Progress) -> list[str]:
    """Apply all migrations, the host's and ours, to an empty database; gives what failed."""
    name = f"aftersale_{os.getpid()}"
    with run_folder("migrations") as folder:
        server = postgres.start(folder, host.python, progress)
        try:
            server.create(name)
            database.migrate(server, host, name, progress)
            return migrations_missing(host, server.url(name), progress)
        finally:
            server.drop(name)
            server.stop()
