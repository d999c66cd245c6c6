"""A local web page that shows the caught mails; it only reads, and loads nothing from elsewhere."""

from __future__ import annotations

import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .mailbox import Mail, Mailbox

STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #ccc}pre{white-space:pre-wrap;background:#f5f5f5;padding:1rem}"
    "iframe{width:100%;height:40rem;border:1px solid #ccc}"
)
#: A mail's own HTML may be anything: no scripts, and nothing from elsewhere.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"


class MailPage:
    """Serves the page until `stop()`; `url` is where."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mailbox))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the page."""
        self._server.shutdown()
        self._server.server_close()


def _handler(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answer_to(self.path, mailbox)
            body, policy = answer or ("<h1>Not found</h1>", PAGE_POLICY)
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Be silent: the terminal belongs to the demo."""

    return Handler


def answer_to(path: str, mailbox: Mailbox) -> tuple[str, str] | None:
    """Page and policy for "/", "/<number>" or "/<number>/html"; None when there is no such page."""
    words = path.strip("/").split("/")
    if words == [""]:
        return _page("Mails caught", _table(mailbox)), PAGE_POLICY
    mails = mailbox.mails
    number = int(words[0]) if words[0].isdecimal() else 0
    if not 1 <= number <= len(mails):
        return None
    mail = mails[number - 1]
    if words[1:] == ["html"]:
        return mail.html, MAIL_POLICY
    return (_page(mail.subject, _view(mail, number)), PAGE_POLICY) if not words[1:] else None


def _table(mailbox: Mailbox) -> str:
    rows = [
        '<tr><td>{}</td><td>{}</td><td><a href="/{}">{}</a></td></tr>'.format(
            escape(str(mail.message["Date"] or "")),
            escape(", ".join(mail.to)),
            number,
            escape(mail.subject or "(none)"),
        )
        for number, mail in enumerate(mailbox.mails, start=1)
    ]
    head = "<tr><th>Date</th><th>To</th><th>Subject</th></tr>"
    return "<table>{}{}</table>".format(head, "".join(reversed(rows)))


def _view(mail: Mail, number: int) -> str:
    names = ("From", "To", "Reply-To", "Date", "Message-ID", "List-Unsubscribe")
    headers = "".join(
        f"<tr><th>{name}</th><td>{escape(str(mail.message[name]))}</td></tr>"
        for name in names
        if mail.message[name]
    )
    frame = f'<h2>HTML</h2><iframe src="/{number}/html" sandbox title="HTML part"></iframe>'
    text = f"<h2>Text</h2><pre>{escape(mail.text)}</pre>"
    back = '<p><a href="/">All mails</a></p>'
    return "{}<table>{}</table>{}{}".format(back, headers, text, frame if mail.html else "")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )
