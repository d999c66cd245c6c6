"""Asking carriers for news: what each interface offers, and how its answers are taken."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    cast,
)

from ...host import http
from ...values import AftersaleError, HttpAnswer, HttpFailed
from . import payloads
from .base import BadPayload, CarrierUpdate, normalise_number


class PollFailed(AftersaleError):
    """
    The interface didn't answer a request.

    Attributes:
        permanent: it stays so until a person changes something, as a key.
        retry_after: how long it wishes to be left alone; None: it didn't say.
    """

    code = "UNAVAILABLE"

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: Optional[timedelta] = None
    ):
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class RequestRefused(PollFailed):
    """The interface is well, but doesn't like something in this request."""


class Asked(NamedTuple):
    """A parcel that is asked for."""

    #: Normalised.
    number: str
    #: Our code, or empty.
    carrier: str


class Told(NamedTuple):
    """What was told of one parcel; the interface knows it."""

    updates: Tuple[CarrierUpdate, ...]
    #: Why the news can't be read; then there are no updates.
    fault: str = ""
    #: What the updates were read from, each in the form its vendor pushes it.
    bodies: Tuple[bytes, ...] = ()

    def and_also(self, more: Told) -> Told:
        """Both together; one fault is enough to take nothing over."""
        fault = self.fault or more.fault
        return Told(self.updates + more.updates, fault, self.bodies + more.bodies)


#: By number. A number that is missing isn't known there (yet).
Answer = Dict[str, Told]


class Poller(Protocol):
    """What a module named ``polling_…`` in this folder offers."""

    #: As in ``registry.PROVIDERS``: the same news has the same identity, pushed or polled.
    PROVIDER: str
    #: Parcels one request may ask for.
    BATCH_SIZE: int
    #: Parcels one request may make known.
    REGISTER_SIZE: int

    def ask(self, parcels: Sequence[Asked], key: str) -> Answer:
        """
        News of up to ``BATCH_SIZE`` parcels, in one request.

        Raises:
            PollFailed: nothing was told of any of them.
        """

    def register(self, parcels: Sequence[Asked], key: str) -> Answer:
        """
        Make up to ``REGISTER_SIZE`` parcels known that weren't, in one request.

        Gives those that are known now, mostly without news; none where there is nothing to
        register. Doing it twice changes nothing.

        Raises:
            PollFailed: as ``ask``.
        """


#: Module in this folder by provider; the names are those of ``poll_keys.POLLED``.
POLLERS: Dict[str, str] = {
    "aftership": "polling_aftership",
    "easypost": "polling_easypost",
    "17track": "polling_seventeentrack",
    "karrio": "polling_karrio",
    "inpost": "polling_inpost",
}


def poller(name: str) -> Poller:
    """The module of a provider in ``POLLERS``, imported when it is first asked."""
    return cast(Poller, import_module(f"{__package__}.{POLLERS[name]}"))


def call(method: str, url: str, headers: Mapping[str, str], content: Any = None) -> Dict[str, Any]:
    """
    One request; gives the JSON object it is answered with.

    Args:
        content: sent as JSON; None: no body.

    Raises:
        PollFailed: anything else came, or nothing.
    """
    data = find(method, url, headers, content)
    if data is None:
        # No parcel was looked for, so it is the address that isn't there.
        raise PollFailed("HTTP 404.")
    return data


def find(
    method: str, url: str, headers: Mapping[str, str], content: Any = None
) -> Optional[Dict[str, Any]]:
    """``call`` of an address that names a parcel: None when there is no such parcel."""
    sent = {"Accept": "application/json", **headers}
    body = None
    if content is not None:
        sent["Content-Type"] = "application/json"
        body = json.dumps(content).encode()
    try:
        answer = http.send(method, url, headers=sent, body=body)
    except HttpFailed as error:
        raise PollFailed(error.message) from None
    if answer.status == 404:
        return None
    _raise_for_status(answer)
    try:
        return payloads.load(answer.body)
    except BadPayload:
        raise PollFailed("The answer is not a JSON object.") from None


def _raise_for_status(answer: HttpAnswer) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    if status in (401, 402, 403):
        # 402: the account has no quota or money left.
        raise PollFailed(f"HTTP {status}: the key or its account is refused.", permanent=True)
    if status == 429:
        # Without a word how long: the vendors' own windows are seconds, a minute is enough.
        pause = _retry_after(answer) or timedelta(minutes=1)
        raise PollFailed("HTTP 429: too many requests.", retry_after=pause)
    if 400 <= status < 500:
        raise RequestRefused(f"HTTP {status}: the request is refused.")
    raise PollFailed(f"HTTP {status}.", retry_after=_retry_after(answer))


def _retry_after(answer: HttpAnswer) -> Optional[timedelta]:
    """Of seconds or a date (RFC 9110, 10.2.3); a date counts from the server's own clock."""
    written = answer.headers.get("retry-after", "").strip()
    if written.isdigit() and len(written) < 8:
        return timedelta(seconds=int(written))
    try:
        until = parsedate_to_datetime(written)
        pause = until - parsedate_to_datetime(answer.headers.get("date", ""))
    # Python 3.8 raises a TypeError for what is no date; dates without zone can't be compared.
    except (TypeError, ValueError, IndexError):
        return None
    return max(pause, timedelta(0))


def wrapped(parse: Callable[[bytes], List[CarrierUpdate]], push: Mapping[str, Any]) -> Told:
    """News in an object that the vendor pushes in the same form, read as that push."""
    try:
        body = json.dumps(push).encode()
        updates = tuple(parse(body))
        return Told(updates, bodies=(body,) if updates else ())
    except BadPayload as error:
        place = f"{error.field}: " if error.field else ""
        return Told((), place + error.message)
    except Exception as error:
        # A fault of ours, or nesting too deep to be written again: the other parcels are told.
        return Told((), f"Reading it failed: {error!r}"[:1000])


def rows(data: Mapping[str, Any], *way: str) -> List[Mapping[str, Any]]:
    """
    Objects of a list inside an answer, for each to be read by itself; none if it is missing.

    Raises:
        PollFailed: the answer is of another form.
    """
    found: Any = data
    for name in way:
        found = found.get(name) if isinstance(found, dict) else "none"
        if found is None:
            return []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise PollFailed(f"The answer has no list of objects at {'.'.join(way)}.")
    return found


def by_number(
    parcels: Sequence[Asked],
    told: Sequence[Mapping[str, Any]],
    name: str,
    read: Callable[[Mapping[str, Any]], Told],
) -> Answer:
    """
    What is told of the parcels asked for; other parcels, and what bears no number, are left out.

    Args:
        name: of the field that holds the number.
    """
    wanted = {parcel.number for parcel in parcels}
    answer: Answer = {}
    for row in told:
        written = row.get(name)
        number = normalise_number(written) if isinstance(written, str) else ""
        if number not in wanted:
            continue
        # One number may be followed at several carriers.
        had, more = answer.get(number, Told(())), read(row)
        answer[number] = had.and_also(more)
    return answer
