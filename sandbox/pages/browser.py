"""
A headless Chromium, spoken to through a pipe: no driver, no port, nothing to install.

Commands and events are those of the Chrome DevTools Protocol, JSON with a NUL after each.
"""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator

from ..find import NotFound, on_path, output_of
from ..processes import Failed, kill_session

TIMEOUT = 60

#: Chromium expects the pipe at 3 and 4; other files may be open there, so they move first.
_AT_3_AND_4 = """
import fcntl, os, sys
reading, writing = (fcntl.fcntl(int(part), fcntl.F_DUPFD, 10) for part in sys.argv[1:3])
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_chromium() -> Path:
    """Chromium or Chrome of PATH; raises `NotFound` with what to install."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        for program in on_path(name, os.environ):
            if output_of([str(program), "--version"]):
                return program
    raise NotFound(
        "The pages need a browser, and there is none on PATH. Install Chromium "
        "(Debian: apt install chromium) or Chrome."
    )


class Browser:
    """One window of a browser that runs as long as the object is used as a context."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        self._count = 0
        self._buffer = b""
        #: Events since the page was opened: method and parameters.
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __enter__(self) -> Browser:
        to_browser, self._writing = os.pipe()
        self._reading, from_browser = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options += ["--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe"]
        options += [f"--user-data-dir={self._folder}/profile", "about:blank"]
        ends = [str(to_browser), str(from_browser)]
        with (self._folder / "browser.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _AT_3_AND_4, *ends, str(self._program), *options],
                pass_fds=(to_browser, from_browser),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(to_browser)
        os.close(from_browser)
        self._session = ""
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        attached = self.do("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.do(domain + ".enable")
        self.do("Network.setCacheDisabled", cacheDisabled=True)
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            os.close(self._writing)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        kill_session(self._process.pid)
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._reading)

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command; gives its result, raises `Failed` when the browser refuses."""
        self._count += 1
        wanted = self._count
        message: dict[str, Any] = {"id": wanted, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == wanted:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error'].get('message')}")
                return dict(answer["result"])
        raise Failed(f"{method}: the browser has gone.")

    def _messages(self) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + TIMEOUT
        while True:
            while b"\0" in self._buffer:
                raw, _, self._buffer = self._buffer.partition(b"\0")
                message = json.loads(raw)
                if "method" in message:
                    self.events.append((message["method"], message.get("params", {})))
                yield message
            ready, _, _ = select.select([self._reading], [], [], deadline - time.monotonic())
            read = os.read(self._reading, 1 << 20) if ready else b""
            if not read:
                raise Failed(f"The browser says nothing.\n{self._log_tail()}")
            self._buffer += read

    def _log_tail(self) -> str:
        return (self._folder / "browser.log").read_text(errors="replace")[-2000:]

    def show(self, *, width: int, dark: bool) -> None:
        """Set the window's width and the colours the device prefers."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.do("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.do("Emulation.setEmulatedMedia", features=[scheme, calm])

    def open(self, url: str) -> None:
        """Load a page and wait until it is complete."""
        self.events.clear()
        self.do("Page.navigate", url=url)
        self._wait_for_load()

    def follow(self, program: str) -> None:
        """Run JavaScript that leads to another page, and wait until that is complete."""
        self.events.clear()
        self.evaluate(program)
        self._wait_for_load()

    def _wait_for_load(self) -> None:
        if not any(method == "Page.loadEventFired" for method, _ in self.events):
            next(m for m in self._messages() if m.get("method") == "Page.loadEventFired")
        # What is told after the load, as the console's messages, comes before this answer.
        self.evaluate("new Promise(done => setTimeout(done, 50))")

    def evaluate(self, program: str) -> Any:
        """The value of a JavaScript expression, promises awaited."""
        answer = self.do(
            "Runtime.evaluate", expression=program, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise Failed(f"In the browser: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def picture(self, height: int) -> bytes:
        """The upper part of the page as PNG."""
        width = self.evaluate("window.innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.do(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip
        )
        return base64.b64decode(shot["data"])
