"""A real SMTP server in a thread, in few lines: Python 3.12 has none of its own."""

from __future__ import annotations

import socketserver
import threading
import time
from contextlib import contextmanager, suppress
from typing import Dict, Iterator, List, Optional


class _Session(socketserver.StreamRequestHandler):
    # Several short answers in a row must not wait for each other.
    disable_nagle_algorithm = True

    def handle(self) -> None:
        # Whoever is killed in the middle hangs up without a word.
        with suppress(ConnectionError):
            self._converse()

    def _converse(self) -> None:
        self.server.connections += 1
        self._say("220 ready")
        has_sender = has_recipient = False
        for line in iter(self.rfile.readline, b""):
            word = line.split(None, 1)[0].upper() if line.strip() else b""
            refusals = self.server.refusals.get(word[:4].decode(), [])
            time.sleep(self.server.silences.get(word[:4].decode(), 0))
            answer = refusals.pop(0) if refusals else None
            if answer is not None:
                if not self._refuse(answer):
                    return
            elif word == b"RCPT" and not has_sender:
                self._say("503 from whom?")
            elif word == b"DATA" and not has_recipient and not self.server.is_lenient:
                self._say("554 no valid recipients")
            elif word == b"DATA":
                self._say("354 go on")
                if not self._take_message(has_recipient):
                    return
                has_sender = has_recipient = False
            elif word == b"EHLO":
                self._greet()
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                has_sender = word == b"MAIL" or (word != b"RSET" and has_sender)
                has_recipient = word == b"RCPT" or (word != b"RSET" and has_recipient)
                self._say("250 fine")

    def _refuse(self, answer: str) -> bool:
        """Whether the conversation goes on; without an answer it ends in silence."""
        if answer:
            self._say(answer)
        return bool(answer) and not answer.startswith("421")

    def _greet(self) -> None:
        words = ["ready", *self.server.extensions]
        for word in words[:-1]:
            self._say("250-" + word)
        self._say("250 " + words[-1])

    def _take_message(self, has_recipient: bool) -> bool:
        lines: List[bytes] = []
        for line in self.rfile:
            if len(lines) == self.server.hangs_up_after:
                return False
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        else:
            # Hung up in the middle: no message.
            return False
        if not has_recipient:
            self._say("554 no valid recipients")
            return True
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
        #: What it says it can do, beside the plain protocol.
        self.extensions = ["PIPELINING"]
        #: Asks for a message although nobody is to get it, as some do.
        self.is_lenient = False
        #: Seconds it takes to answer a command.
        self.silences: Dict[str, float] = {}
        #: Hangs up after so many lines of a message.
        self.hangs_up_after: Optional[int] = None
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
