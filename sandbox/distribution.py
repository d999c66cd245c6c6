"""Our own package as a merchant gets it: the wheel, unpacked into the cache."""

from __future__ import annotations

import configparser
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from . import wheels
from .places import PACKAGE, ROOT, built_once, cache_folder, key_of
from .progress import Progress

#: What shapes the wheel beside the package.
PACKAGING = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


def requirements() -> list[str]:
    """What the package asks for, without its extras."""
    parser = configparser.ConfigParser()
    parser.read(str(ROOT / "setup.cfg"))
    text = parser.get("options", "install_requires", fallback="")
    return [line.strip() for line in text.splitlines() if line.strip()]


def name_of(requirement: str) -> str:
    """The normalised name in a requirement such as "Py_Bars3[x]>=1"."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match.group(0)).lower() if match else ""


def metadata_folder(progress: Progress) -> Path:
    """A folder with the wheel's metadata alone: Saleor 3.x finds the plugin by its entry point."""
    key = key_of(*[ROOT / name for name in PACKAGING])
    folder = cache_folder() / "plugin" / ("metadata-" + key)
    return built_once(folder, lambda target: _unpack(target, progress, only_metadata=True))


def installed_folder(progress: Progress) -> Path:
    """A folder with the whole wheel, as `pip install` would leave it."""
    files = [
        file for file in sorted(PACKAGE.rglob("*")) if file.is_file() and file.suffix != ".pyc"
    ]
    key = key_of(
        *[ROOT / name for name in PACKAGING],
        *files,
        *[str(file.relative_to(ROOT)) for file in files],
    )
    folder = cache_folder() / "plugin" / ("whole-" + key)
    return built_once(folder, lambda target: _unpack(target, progress, only_metadata=False))


def _unpack(target: Path, progress: Progress, *, only_metadata: bool) -> None:
    with progress.step("Building our wheel"), tempfile.TemporaryDirectory() as folder:
        wheel = _build(Path(folder))
        with zipfile.ZipFile(str(wheel)) as archive:
            names = [
                name for name in archive.namelist() if ".dist-info/" in name or not only_metadata
            ]
            archive.extractall(str(target), names)


def _build(folder: Path) -> Path:
    # In a copy: setuptools leaves build/ and *.egg-info beside what it builds.
    source = folder / "source"
    source.mkdir()
    for name in PACKAGING:
        if (ROOT / name).exists():
            shutil.copy(str(ROOT / name), str(source))
    shutil.copytree(
        str(PACKAGE), str(source / PACKAGE.name), ignore=shutil.ignore_patterns("__pycache__")
    )
    wheels.pip("wheel", "--no-deps", "--wheel-dir", folder / "wheel", source)
    return next((folder / "wheel").glob("*.whl"))
