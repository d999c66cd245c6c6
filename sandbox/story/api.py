"""Asks the shop as somebody: GraphQL and plain HTTP, with the standard library only."""

from __future__ import annotations

import json
from typing import Any, Mapping, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT = 60


class Refused(Exception):
    """The shop answered with errors where the story needs an answer."""


class Answer(NamedTuple):
    """What came back over HTTP, whatever its status."""

    status: int
    text: str


def send(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """GET, or POST when there is a body; a refusal is an answer too."""
    request = Request(url, data=body, headers=dict(headers or {}))
    try:
        with urlopen(request, timeout=TIMEOUT) as response:
            # A picture is no text, but the words in it can still be looked for.
            return Answer(response.status, response.read().decode(errors="replace"))
    except HTTPError as refusal:
        return Answer(refusal.code, refusal.read().decode(errors="replace"))


class Api:
    """The shop's GraphQL as one person sees it; without authorization, as a stranger does."""

    def __init__(self, url: str, authorization: str = "") -> None:
        self.url = url
        self.headers = {"Content-Type": "application/json"}
        if authorization:
            self.headers["Authorization"] = authorization

    def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors and all."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = send(self.url, body, self.headers)
        try:
            return dict(json.loads(answer.text))
        except ValueError:
            raise Refused(f"HTTP {answer.status}: {answer.text[:300]}") from None

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a query; raises `Refused` when the shop sends errors."""
        answer = self.post(query, **variables)
        if answer.get("errors"):
            raise Refused("; ".join(error["message"] for error in answer["errors"]))
        return answer["data"]

    def attempt(self, mutation: str, **variables: Any) -> Any:
        """The payload of the one mutation in the text, its `errors` unread."""
        (payload,) = self.ask(mutation, **variables).values()
        return payload

    def do(self, mutation: str, **variables: Any) -> Any:
        """The same for a mutation that must work; raises `Refused` when it doesn't."""
        payload = self.attempt(mutation, **variables)
        if payload["errors"]:
            raise Refused("; ".join(f"{e['field']}: {e['message']}" for e in payload["errors"]))
        return payload
