"""A real SMTP server in a thread, in few lines: Python 3.12 has none of its own."""

from __future__ import annotations

import socketserver
import threading
import time
from contextlib import contextmanager, suppress
from typing import Dict, Iterator, List, Optional


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        # Whoever is killed in the middle hangs up without a word.
        with suppress(ConnectionError):
            self._converse()

    def _converse(self) -> None:
        self.server.connections += 1
        self._say("220 ready")
        for line in iter(self.rfile.readline, b""):
            word = line.split(None, 1)[0].upper() if line.strip() else b""
            refusals = self.server.refusals.get(word[:4].decode(), [])
            answer = refusals.pop(0) if refusals else None
            if answer is not None:
                if answer:
                    self._say(answer)
                if not answer or answer.startswith("421"):
                    return
            elif word == b"DATA":
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
        time.sleep(self.server.delay)
        if answer[:1] in ("2", ""):
            self.server.messages.append(b"".join(lines))
        time.sleep(self.server.delay)
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
        #: Next answers to a command, as {"RCPT": ["450 later"]}: None is fine, "" hangs up.
        self.refusals: Dict[str, List[Optional[str]]] = {}
        self.connections = 0
        #: Seconds it takes to take a message, and again to say so.
        self.delay = 0.0

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


def _forget(messages: List[bytes]) -> None:
    while True:
        time.sleep(1)
        messages.clear()


if __name__ == "__main__":
    # A server in a process of its own: prints its port, keeps no message for long.
    with SmtpServer() as alone:
        print(alone.port, flush=True)
        threading.Thread(target=_forget, args=(alone.messages,), daemon=True).start()
        alone.serve_forever()
