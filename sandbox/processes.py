"""Starts programs in their own session, logs them, and stops them with all their children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable, Mapping, Sequence

#: What a host must not inherit: another project's settings, another interpreter's paths.
FOREIGN = (
    "DJANGO_",
    "PYTHON",
    "PYTEST_",
    "VIRTUAL_ENV",
    "PYENV_VERSION",
    "CELERY_",
    "SENTRY_",
    "MAKE",
    "MFLAGS",
)


class Failed(Exception):
    """A program the sandbox ran didn't do its work; the message ends with what it said."""


class Process:
    """A program that runs until stopped; its output is in `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[object],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(part) for part in command],
                cwd=str(log.parent),
                env=dict(env) if env is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file = log.with_suffix(".pid")
        self.pid_file.write_text(f"{self._popen.pid} {birth_of(self._popen.pid)}")

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def stop(self, timeout: float = 10) -> None:
        """Ask the program to end, then end it with its children."""
        if self.is_running:
            self._popen.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """End the program and its children at once, as a power cut would."""
        kill_session(self._popen.pid)
        self._popen.wait()
        self.pid_file.unlink(missing_ok=True)

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Return when `ready()`; raise `Failed` when the program ended or time is up."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.is_running:
                raise Failed(f"{self.name} ended at once.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} isn't ready after {timeout:.0f} s.\n{self.tail()}")
            time.sleep(0.05)

    def tail(self, lines: int = 25) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def run(
    command: Sequence[object],
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> str:
    """Run a short program; gives its standard output, raises `Failed` with its messages."""
    words = [str(part) for part in command]
    try:
        result = subprocess.run(
            words,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{words[0]}: {error}") from error
    if result.returncode != 0:
        said = (result.stdout + result.stderr).decode(errors="replace").strip()
        raise Failed(
            "{} gave exit code {}.\n{}".format(" ".join(words[:4]), result.returncode, said[-3000:])
        )
    return result.stdout.decode(errors="replace")


def clean_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The launcher's environment without what belongs to another project or interpreter."""
    return {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    """Is somebody listening on 127.0.0.1?"""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def birth_of(pid: int) -> str:
    """When a process started, as Linux counts it; tells it from a later one with the same id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def kill_session(pid: int) -> None:
    """End every process of the session that `pid` leads."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_left_over(folder: Path) -> int:
    """End what a launcher that was killed left running in `folder`; gives how many."""
    count = 0
    for file in folder.glob("*.pid"):
        pid, _, birth = file.read_text().partition(" ")
        if birth and birth_of(int(pid)) == birth:
            kill_session(int(pid))
            count += 1
        file.unlink(missing_ok=True)
    return count
