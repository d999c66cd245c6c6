"""Where the sandbox keeps things: the repository, the cache, locks and keys."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
SANDBOX = ROOT / "sandbox"
PACKAGE = ROOT / "saleor_aftersale"

#: The folders of the cache.
KEPT = (
    "bytecode",
    "databases",
    "environments",
    "extras",
    "imports",
    "locks",
    "plugin",
    "ruff",
    "runs",
    "types",
    "wheels",
)
SIGNING_KEY = "signing-key.pem"

#: Written last into a folder that is ready; a folder without it was interrupted.
COMPLETE = ".complete"


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """`AFTERSALE_CACHE`, else the user's cache folder by the XDG rules; not created here."""
    if environ.get("AFTERSALE_CACHE"):
        return Path(environ["AFTERSALE_CACHE"]).expanduser().resolve()
    base = environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "saleor-aftersale"


def empty_cache() -> None:
    """Remove what the sandbox keeps, and nothing else: the folder may be somebody's own."""
    for name in KEPT:
        shutil.rmtree(cache_folder() / name, ignore_errors=True)
    (cache_folder() / SIGNING_KEY).unlink(missing_ok=True)


def key_of(*parts: str | Path) -> str:
    """
    Sixteen hex digits that change when a part does.

    A text counts as itself, a file as its content, a folder as the names and contents of
    the Python files below it, something that doesn't exist as its absence.
    """
    digest = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            digest.update(hashlib.sha256(piece).digest())
    return digest.hexdigest()[:16]


def _pieces(part: str | Path) -> Iterator[bytes]:
    if isinstance(part, str):
        yield part.encode()
    elif part.is_dir():
        for file in sorted(part.rglob("*.py")):
            yield str(file.relative_to(part)).encode()
            yield file.read_bytes()
    else:
        yield part.read_bytes() if part.exists() else b"absent"


@contextmanager
def locked(name: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the cache's lock `name`; `waiting` is called once if another launcher holds it."""
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / (name + ".lock")).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def built_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """
    `folder`, filled by `build` unless it is already complete.

    Built in place, because a virtualenv can't be moved; an interrupted build is thrown
    away by the next caller, and a second launcher waits for the first.
    """
    if (folder / COMPLETE).exists():
        return folder
    with locked(folder.name):
        if not (folder / COMPLETE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            build(folder)
            (folder / COMPLETE).touch()
    return folder
