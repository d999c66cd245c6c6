"""The message broker and cache of a run: Valkey or Redis, else files."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from . import find, wheels
from .processes import Process, answers, free_port
from .progress import Progress


class Broker:
    """Where Celery and the cache keep their things; `environment` tells a Saleor so."""

    def __init__(self, environment: dict[str, str], process: Process | None = None) -> None:
        self.environment = environment
        self._process = process

    def stop(self) -> None:
        """End the server, if this run started it."""
        if self._process:
            self._process.stop()


def start(folder: Path, progress: Progress) -> Broker:
    """The broker of this run: `REDIS_URL`, else a server of our own, else files."""
    if os.environ.get("REDIS_URL"):
        return Broker(_addresses(os.environ["REDIS_URL"], os.environ["REDIS_URL"]))
    program = find.find_redis(os.environ, lambda: wheels.redis(progress))
    if program is None:
        progress.say(
            "! No Redis or Valkey: Celery passes messages through files, about a second each."
        )
        return _files(folder)
    port, password = free_port(), secrets.token_hex(16)
    settings = folder / "broker.conf"
    # In a file: a command line can be read by every user of the machine.
    settings.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nsave ""\n'
    )
    process = Process(program.name, [program, settings], folder / "broker.log")
    process.wait_until(lambda: answers(port), timeout=20)
    base = f"redis://:{password}@127.0.0.1:{port}/"
    return Broker(_addresses(base + "0", base + "1"), process)


def _addresses(broker: str, cache: str) -> dict[str, str]:
    return {"CELERY_BROKER_URL": broker, "CACHE_URL": cache, "REDIS_URL": cache}


def _files(folder: Path) -> Broker:
    for name in ("messages", "processed", "cache"):
        (folder / name).mkdir(exist_ok=True)
    return Broker(
        {
            "CELERY_BROKER_URL": "filesystem://",
            "CACHE_URL": f"file://{folder}/cache",
            "AFTERSALE_MESSAGES": str(folder),
        }
    )
