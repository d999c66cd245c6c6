"""The two kinds of Saleor the sandbox knows: 2.10.1 from the package index, and a 3.x checkout."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from . import distribution, environment, find, wheels
from .places import PACKAGE, ROOT, SANDBOX, SIGNING_KEY, cache_folder, key_of
from .processes import Failed, clean_environment, run
from .progress import Progress

PINS_210 = SANDBOX / "requirements-saleor-2.10.1.txt"
TEST_TOOLS = SANDBOX / "requirements-test.txt"

#: What a Saleor needs to know wherever it runs.
BASICS = {
    "SECRET_KEY": "sandbox",
    "DEBUG": "False",
    # 2.10.1 refuses to start with just the two local names.
    "ALLOWED_CLIENT_HOSTS": "localhost,127.0.0.1,shop.example.com",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "DEFAULT_FROM_EMAIL": "shop@example.com",
    "SEND_USAGE_TELEMETRY": "False",
    # Long enough to copy a token out of the demo's output and use it.
    "JWT_TTL_ACCESS": "1 day",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Host:
    """A Saleor that can be run."""

    #: For people, "Saleor 2.10.1".
    name: str
    version: str
    #: Its interpreter.
    python: Path
    #: Import path of Saleor itself; nothing of ours.
    path: tuple[Path, ...]
    #: Import path that makes Saleor find the plugin; goes before `path`.
    plugin_path: tuple[Path, ...]
    #: Import path of what only tests and the plugin need; goes last.
    extra_path: tuple[Path, ...]
    #: Settings with and without the plugin, and under test.
    settings: str
    bare_settings: str
    test_settings: str
    #: Changes with everything that shapes the host's own tables.
    key: str
    #: Only known to this kind of host.
    secrets: Mapping[str, str]

    @property
    def is_3(self) -> bool:
        """Is this a Saleor 3.x?"""
        return not self.version.startswith("2.")

    def environment(self, *, settings: str = "", plugin: bool = True) -> dict[str, str]:
        """Environment for a process of this host; the caller adds database, broker and mail."""
        path = [
            *(self.plugin_path if plugin else ()),
            *self.path,
            *(self.extra_path if plugin else ()),
        ]
        return {
            **clean_environment(),
            **BASICS,
            **self.secrets,
            "DJANGO_SETTINGS_MODULE": settings or (self.settings if plugin else self.bare_settings),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            # Leaves the environment as it was, and still starts fast the second time.
            "PYTHONPYCACHEPREFIX": str(cache_folder() / "bytecode"),
        }

    def web(self, port: int) -> list[object]:
        """The command that serves the API."""
        if self.is_3:
            address = ["--host", "127.0.0.1", "--port", port]
            return [
                self.python,
                "-m",
                "uvicorn",
                "saleor.asgi:application",
                *address,
                "--lifespan",
                "off",
            ]
        return [self.python, SANDBOX / "inside" / "serve_wsgi.py", port]

    def worker(self, folder: Path) -> list[object]:
        """The command of a Celery worker with its beat; `folder` keeps the beat's state."""
        command = [
            self.python,
            "-m",
            "celery",
            "-A",
            "saleor.celeryconf:app",
            "worker",
            "-B",
            "-c",
            2,
            "-l",
            "info",
        ]
        # 3.x would keep its schedule in the database: slower, and nothing here needs it.
        beat = ["-s", folder / "beat", "--scheduler", "celery.beat.PersistentScheduler"]
        return [*command, *beat, "--without-gossip", "--without-mingle"]


def saleor210(progress: Progress) -> Host:
    """Saleor 2.10.1, installed into the cache with the pins that work."""
    python = find.find_python(os.environ, lambda: wheels.uv(progress))
    ours: list[object] = list(distribution.requirements())
    installs = [["--no-deps", "-r", PINS_210], ["-r", TEST_TOOLS, *ours, "-c", PINS_210]]
    interpreter = environment.virtualenv("saleor-2.10.1", python, installs, progress)
    return Host(
        name="Saleor 2.10.1",
        version="2.10.1",
        python=interpreter,
        path=(),
        plugin_path=(_own_code(progress),),
        extra_path=(),
        settings="saleor_aftersale.host.saleor210.settings",
        bare_settings="saleor.settings",
        test_settings="tests.saleor.settings210",
        key=key_of("2.10.1", PINS_210),
        secrets={},
    )


def saleor3(checkout: Path, python: Path, progress: Progress) -> Host:
    """The Saleor 3.x of a checkout, with the interpreter of its environment; neither is changed."""
    _check(checkout, python)
    version = _version_of(checkout)
    metadata = distribution.metadata_folder(progress)
    missing = _missing(python, [*distribution.requirements(), *_lines(TEST_TOOLS)])
    extras: tuple[Path, ...] = ()
    if missing:
        folder = cache_folder() / "extras" / key_of(str(python), *missing)
        extras = (environment.add_to_folder(folder, missing, python, progress),)
    return Host(
        name="Saleor " + version,
        version=version,
        python=python,
        path=(checkout,),
        plugin_path=(_own_code(progress), metadata),
        extra_path=extras,
        settings="saleor.settings",
        bare_settings="saleor.settings",
        test_settings="tests.saleor.settings3",
        key=key_of(version, *sorted(checkout.glob("saleor/*/migrations"))),
        secrets={"RSA_PRIVATE_KEY": _signing_key(python)},
    )


def _own_code(progress: Progress) -> Path:
    """The working tree, or with `AFTERSALE_INSTALLED=1` what a merchant would install."""
    return (
        distribution.installed_folder(progress)
        if os.environ.get("AFTERSALE_INSTALLED") == "1"
        else ROOT
    )


def _check(checkout: Path, python: Path) -> None:
    if not (checkout / "saleor" / "settings.py").exists():
        raise Failed(f"SALEOR names {checkout}, which is no checkout of Saleor.")
    if find.python_version(python) is None:
        raise Failed(f"PYTHON names {python}, which doesn't run.")
    if find.output_of([str(python), "-c", "import celery, django, psycopg, uvicorn"]) is None:
        raise Failed(
            f"{python} isn't the interpreter of a Saleor 3.x environment: celery, django, psycopg "
            "or uvicorn is missing. In the checkout, `uv sync` makes one."
        )


def _version_of(checkout: Path) -> str:
    for line in (checkout / "saleor" / "__init__.py").read_text().splitlines():
        if line.startswith("__version__"):
            return line.split("=")[1].strip().strip("\"'")
    return "3.x"


def _lines(file: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [line for line in lines if line]


def _missing(python: Path, requirements: Sequence[str]) -> list[str]:
    """Those requirements whose distribution isn't in the environment, whatever its version."""
    names = [distribution.name_of(requirement) for requirement in requirements]
    program = (
        "import sys; from importlib.metadata import distributions as all\n"
        "names = [(d.metadata['Name'] or '').lower() for d in all()]\n"
        "have = {name.replace('_', '-').replace('.', '-') for name in names}\n"
        "print(*[name for name in sys.argv[1:] if name not in have])"
    )
    absent = run([python, "-c", program, *names], env=clean_environment()).split()
    return [requirement for requirement, name in zip(requirements, names) if name in absent]


def _signing_key(python: Path) -> str:
    """The RSA key with which 3.x signs its tokens; made once, kept private in the cache."""
    file = cache_folder() / SIGNING_KEY
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        text = run([python, SANDBOX / "inside" / "make_rsa_key.py"], env=clean_environment())
        half_done = file.with_suffix(f".{os.getpid()}")
        half_done.touch(mode=0o600)
        half_done.write_text(text)
        half_done.replace(file)
    return file.read_text()


def own_migrations_key() -> str:
    """Changes with the plugin's migrations and the settings they run under."""
    return key_of(
        PACKAGE / "migrations", PACKAGE / "host" / "saleor210" / "settings.py", PACKAGE / "apps.py"
    )
