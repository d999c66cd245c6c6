"""
The database server of a run: a private PostgreSQL in the run's folder, or the server that
`DATABASE_URL` names. Both keep templates: migrated databases that a later run copies.
"""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from . import find, wheels
from .identity import Identity
from .places import SANDBOX, cache_folder
from .processes import Failed, Process, answers, clean_environment, free_port, run
from .progress import Progress

#: Nothing here outlives a power cut, so nothing waits for the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Server:
    """Databases on one server; SQL goes through the host's own driver."""

    #: Part of a template's key: a dump of a newer major version can't be read by an older one.
    kind = ""

    def __init__(self, url: str, python: Path) -> None:
        self._url = url
        self._python = python

    def url(self, database: str) -> str:
        """The address of one database, as `DATABASE_URL` has it."""
        return urlunsplit(urlsplit(self._url)._replace(path="/" + database))

    def sql(self, *statements: str, database: str = "") -> list[str]:
        """Run statements outside a transaction; gives the first column of the last one's rows."""
        url = self.url(database) if database else self._url
        program = SANDBOX / "inside" / "run_sql.py"
        return run(
            [self._python, program, *statements], env={**clean_environment(), "DATABASE_URL": url}
        ).splitlines()

    def create(self, database: str, template: str = "template0") -> None:
        """Make `database` anew, from `template`."""
        self.drop(database)
        self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}" ENCODING \'UTF8\'')

    def drop(self, database: str) -> None:
        """Remove `database` if it is there."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}"')

    def save(self, database: str, key: str) -> None:
        """Keep a copy of `database` as the template `key`, for this and later runs."""
        raise NotImplementedError

    def load(self, key: str, database: str) -> bool:
        """Make `database` from the template `key`; False when there is none."""
        raise NotImplementedError

    def stop(self) -> None:
        """End what this run started."""


class NamedServer(Server):
    """The server of `DATABASE_URL`. The database it names is only connected to, never changed."""

    kind = "named"

    def save(self, database: str, key: str) -> None:
        half_done, whole = f"aftersale_{key}_{os.getpid()}", "aftersale_" + key
        self.create(half_done, template=database)
        self.drop(whole)
        self.sql(f'ALTER DATABASE "{half_done}" RENAME TO "{whole}"')

    def load(self, key: str, database: str) -> bool:
        whole = "aftersale_" + key
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{whole}'"):
            return False
        self.create(database, template=whole)
        return True


class OwnServer(Server):
    """A PostgreSQL of this run: data in the run's folder, templates in the cache, as dumps."""

    def __init__(self, programs: Path, folder: Path, python: Path) -> None:
        self.kind = str(find.postgres_version(programs))
        self._identity = Identity(programs, folder)
        self._password = secrets.token_hex(16)
        port = free_port()
        super().__init__(f"postgres://postgres:{self._password}@127.0.0.1:{port}/postgres", python)
        self._initialise(folder)
        settings = (*FAST, "unix_socket_directories=", "listen_addresses=127.0.0.1", f"port={port}")
        options = [word for setting in settings for word in ("-c", setting)]
        self._process = Process(
            "PostgreSQL",
            [*self._identity.program("postgres"), "-D", self._identity.data, *options],
            folder / "postgres.log",
            env=clean_environment(),
            stop_signal=signal.SIGINT,
        )
        self._process.wait_until(lambda: answers(port) and self._accepts(), timeout=60)

    def _initialise(self, folder: Path) -> None:
        password_file = self._identity.data.parent / "password"
        password_file.write_text(self._password)
        self._identity.own(password_file)
        command = [*self._identity.program("initdb"), "-D", self._identity.data, "--no-sync"]
        command += [
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "--pwfile",
            password_file,
            "-E",
            "UTF8",
        ]
        try:
            # pg_trgm folds case by the locale: with plain C it would know ASCII only.
            run([*command, "--locale", "C.UTF-8"], env=clean_environment())
        except Failed:
            run([*command, "--locale", "C"], env=clean_environment())
        password_file.unlink()

    def _accepts(self) -> bool:
        try:
            return self.sql("SELECT 1") == ["1"]
        except Failed:
            return False

    def _dump(self, key: str) -> Path:
        return cache_folder() / "databases" / f"{key}-{self.kind}.dump"

    def save(self, database: str, key: str) -> None:
        dump = self._dump(key)
        dump.parent.mkdir(parents=True, exist_ok=True)
        half_done = dump.with_suffix(f".{os.getpid()}")
        self._client("pg_dump", database, "-Fc", "-f", half_done)
        half_done.replace(dump)

    def load(self, key: str, database: str) -> bool:
        dump = self._dump(key)
        if not dump.exists():
            return False
        self.create(database)
        self._client("pg_restore", database, "--no-owner", dump)
        return True

    def _client(self, program: str, database: str, *arguments: object) -> None:
        # By environment: a command line can be read by every user of the machine.
        port = str(urlsplit(self._url).port)
        address = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres"}
        environment = {**clean_environment(), **address, "PGPASSWORD": self._password}
        run([self._identity.programs / program, "-d", database, *arguments], env=environment)

    def stop(self) -> None:
        self._process.stop()
        self._identity.leave()


def start(folder: Path, python: Path, progress: Progress) -> Server:
    """The server of this run; `python` is a host's interpreter, for its database driver."""
    if os.environ.get("DATABASE_URL"):
        return NamedServer(os.environ["DATABASE_URL"], python)
    programs = find.find_postgres(os.environ, lambda: wheels.postgres(progress))
    with progress.step("Starting PostgreSQL"):
        return OwnServer(programs, folder, python)
