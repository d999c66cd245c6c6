"""A carrier's interface that answers what a test wishes, at the one place calls go out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Union

from saleor_aftersale.host import http
from saleor_aftersale.values import HttpAnswer, HttpFailed


@dataclass(frozen=True)
class Sent:
    """One call as it went out."""

    method: str
    url: str
    headers: Mapping[str, str]
    #: The JSON of the body; None without one.
    content: Any


class Network:
    """Keeps what was sent; gives out answers in turn, the last one again and again."""

    def __init__(self, monkeypatch: Any):
        self.sent: List[Sent] = []
        self.answers: List[Union[HttpAnswer, HttpFailed]] = []
        monkeypatch.setattr(http, "send", self._send)

    def answer(
        self,
        content: Any = None,
        *,
        status: int = 200,
        body: Optional[bytes] = None,
        **headers: str,
    ) -> None:
        """Answer the next call so."""
        raw = json.dumps(content).encode() if body is None else body
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(HttpAnswer(status, names, raw))

    def fail(self, message: str = "No answer came: ReadTimeout.") -> None:
        """Let the next call bring no answer."""
        self.answers.append(HttpFailed(message))

    def _send(
        self, method: str, url: str, *, headers: Dict[str, str], body: Optional[bytes] = None
    ) -> HttpAnswer:
        self.sent.append(Sent(method, url, headers, json.loads(body) if body else None))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, HttpFailed):
            raise answer
        return answer
