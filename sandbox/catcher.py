"""
The SMTP server of a run: writes each mail as one .eml file. Run as a program, with aiosmtpd
on PYTHONPATH: `python catcher.py PORT FOLDER`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


class Catcher:
    """Keeps every mail it is handed; nothing is ever delivered."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write the mail under a temporary name first: readers see whole mails only."""
        name = f"{time.time_ns()}.eml"
        half_done = os.path.join(self.folder, "." + name)
        header = "X-Envelope-To: {}\r\n".format(", ".join(envelope.rcpt_tos))
        with open(half_done, "wb") as file:
            file.write(header.encode("utf-8", "replace") + envelope.content)
        os.replace(half_done, os.path.join(self.folder, name))
        return "250 Message accepted for delivery"


def accept(*arguments: object) -> AuthResult:
    """Every login is right: Saleor 3.x insists on one before it keeps its mail settings."""
    return AuthResult(success=True)


async def serve(port: int, folder: str) -> None:
    """Listen until killed."""

    def session() -> SMTP:
        return SMTP(
            Catcher(folder), authenticator=accept, auth_require_tls=False, decode_data=False
        )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
