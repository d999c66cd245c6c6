"""Who runs PostgreSQL, which refuses to be root."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .find import output_of
from .places import SANDBOX

AS_ORDINARY_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
NOBODY = 65534
#: What everyone needs on a folder to read what lies in it.
READABLE = 0o5


class Identity:
    """
    Runs PostgreSQL's programs as somebody who isn't root.

    An ordinary user runs them as is. Root gives them a user namespace, in which they see
    themselves as user 1000; where that is forbidden, they run as nobody, with programs and
    data where nobody can reach them. `AFTERSALE_POSTGRES_USER=nobody` asks for the last.

    Attributes:
        programs: the folder of PostgreSQL's programs.
        data: where the database's files go; the folder around it is there.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.data = folder / "postgres"
        self._prefix: list[object] = []
        self._temporary: Path | None = None
        if os.geteuid() != 0:
            return
        if os.environ.get("AFTERSALE_POSTGRES_USER") != "nobody" and _may_make_namespaces():
            self._prefix = [*AS_ORDINARY_USER]
        else:
            self._use_nobody()

    def _use_nobody(self) -> None:
        self._prefix = [sys.executable, SANDBOX / "inside" / "become_nobody.py", NOBODY]
        self._temporary = Path(tempfile.mkdtemp(prefix="aftersale-"))
        self._temporary.chmod(0o755)
        self.data = self._temporary / "home" / "postgres"
        self.data.parent.mkdir(mode=0o700)
        self.own(self.data.parent)
        if not _is_reachable_by_all(self.programs):
            install = self._temporary / "install"
            shutil.copytree(str(self.programs.parent), str(install), symlinks=True)
            self.programs = install / self.programs.name

    def program(self, name: str) -> list[object]:
        """The command that runs one of PostgreSQL's programs; exec all the way, so one process."""
        return [*self._prefix, self.programs / name]

    def own(self, path: Path) -> None:
        """Let the programs read `path`, and nobody else."""
        path.chmod(path.stat().st_mode & 0o700)
        if self._temporary:
            os.chown(str(path), NOBODY, NOBODY)

    def leave(self) -> None:
        """Remove what was put where nobody can reach it."""
        if self._temporary:
            shutil.rmtree(str(self._temporary), ignore_errors=True)


def _may_make_namespaces() -> bool:
    return output_of([*AS_ORDINARY_USER, "true"]) is not None


def _is_reachable_by_all(path: Path) -> bool:
    return all(
        folder.stat().st_mode & READABLE == READABLE for folder in [path.resolve(), *path.parents]
    )
