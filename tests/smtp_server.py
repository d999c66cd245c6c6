"""A real SMTP server in a thread, in forty lines: Python 3.12 has none of its own."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from typing import Iterator, List


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 ready")
        for line in iter(self.rfile.readline, b""):
            word = line.split(None, 1)[0].upper() if line.strip() else b""
            if word == b"DATA":
                self._say("354 go on")
                if not self._take_message():
                    return
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _take_message(self) -> bool:
        lines: List[bytes] = []
        for line in iter(self.rfile.readline, b".\r\n"):
            lines.append(line)
        answer = self.server.answers.pop(0) if self.server.answers else "250 taken"
        if answer[:1] in ("2", ""):
            self.server.messages.append(b"".join(lines))
        if not answer:
            return False
        self._say(answer)
        return True

    def _say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")


class SmtpServer(socketserver.ThreadingTCPServer):
    """Takes mails; ``answers`` are its next answers to them, an empty one hangs up."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages: List[bytes] = []
        self.answers: List[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    """A server that listens until the block ends."""
    with SmtpServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
