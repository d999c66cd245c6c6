"""Virtualenvs of the sandbox: made by uv, or by venv and pip where uv isn't to be had."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from . import wheels
from .places import built_once, cache_folder, key_of
from .processes import Failed, clean_environment, run
from .progress import Progress

#: One `pip install` each: its arguments, files as paths.
Installs = Sequence[Sequence[object]]


def virtualenv(name: str, python: Path, installs: Installs, progress: Progress) -> Path:
    """The interpreter of a cached virtualenv of `python` in which `installs` have been done."""
    key = key_of(
        str(python),
        *[part if isinstance(part, Path) else str(part) for step in installs for part in step],
    )
    folder = cache_folder() / "environments" / f"{name}-{key}"

    def build(target: Path) -> None:
        with progress.step(f"Installing {name}"):
            _fill(target, python, installs, wheels.uv(progress))

    return built_once(folder, build) / "bin" / "python"


def _fill(target: Path, python: Path, installs: Installs, uv: Path | None) -> None:
    if uv is not None:
        try:
            run(
                [uv, "venv", "-q", "--allow-existing", "--python", python, target],
                env=clean_environment(),
            )
            for arguments in installs:
                run(
                    [uv, "pip", "install", "-q", "--python", target / "bin" / "python", *arguments],
                    env=clean_environment(),
                )
            return
        except Failed:
            # uv and pip read different configuration: maybe only pip knows the index.
            pass
    run([python, "-m", "venv", "--clear", target], env=clean_environment())
    for arguments in installs:
        run(
            [target / "bin" / "python", "-m", "pip", "-q", "install", *arguments],
            env=clean_environment(),
        )


def add_to_folder(
    folder: Path, requirements: Sequence[str], python: Path, progress: Progress
) -> Path:
    """Unpack `requirements`, without what they need, into `folder` for `python`."""

    def build(target: Path) -> None:
        uv = wheels.uv(progress)
        with progress.step("Fetching {}".format(", ".join(requirements))):
            if uv is not None:
                command = [uv, "pip", "install", "-q", "--python", python]
            else:
                command = [python, "-m", "pip", "-q", "install"]
            run([*command, "--no-deps", "--target", target, *requirements], env=clean_environment())

    return built_once(folder, build)
