"""Forms of the plugin's pages, read and sent as a browser without JavaScript does."""

from __future__ import annotations

import struct
import uuid
import zlib
from html.parser import HTMLParser
from typing import Mapping, NamedTuple

from .api import Answer, send


class File(NamedTuple):
    """A file of a form."""

    field: str
    name: str
    content: bytes


class Form(HTMLParser):
    """Every field of a page with its value, and the words above each group of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        #: As they would be sent, untouched.
        self.fields: dict[str, str] = {}
        #: Values a choice has, by field.
        self.choices: dict[str, list[str]] = {}
        #: What the page's buttons do.
        self.actions: list[str] = []
        self._legend = self._select = ""
        self._is_legend = False
        #: Fields by the legend over them.
        self._groups: dict[str, list[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "legend":
            self._is_legend, self._legend = True, ""
        elif tag == "option":
            self.choices[self._select].append(given["value"])
            if "selected" in given or len(self.choices[self._select]) == 1:
                self.fields[self._select] = given["value"]
        elif tag == "button" and name:
            self.actions.append(given["value"])
        elif tag in ("input", "select", "textarea") and name and given.get("type") != "file":
            self.fields[name] = given.get("value", "")
            self._groups.setdefault(self._legend, []).append(name)
        if tag == "select":
            self._select = name
            self.choices[name] = []

    def handle_data(self, data: str) -> None:
        if self._is_legend:
            self._legend += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "legend":
            self._is_legend = False
        elif tag == "fieldset":
            self._legend = ""

    def name_of(self, legend: str, start: str) -> str:
        """The field of a group whose name starts so."""
        return next(name for name in self._groups[legend] if name.startswith(start))


def post(url: str, fields: Mapping[str, str], *files: File) -> Answer:
    """Send a form; gives the page it leads to."""
    border = uuid.uuid4().hex
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for file in files:
        head = f'form-data; name="{file.field}"; filename="{file.name}"'
        start = f"--{border}\r\nContent-Disposition: {head}\r\nContent-Type: image/png\r\n\r\n"
        parts += [start.encode(), file.content, b"\r\n"]
    body = b"".join(parts) + f"--{border}--\r\n".encode()
    return send(url, body, {"Content-Type": f"multipart/form-data; boundary={border}"})


def photo(secret: str) -> bytes:
    """A small PNG whose metadata hold something nobody meant to send."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    row = b"\0" + bytes((180, 40, 30)) * 40
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0)),
            chunk(b"tEXt", b"Location\0" + secret.encode("latin-1")),
            chunk(b"IDAT", zlib.compress(row * 30)),
            chunk(b"IEND", b""),
        )
    )
