"""What reading and checking the pushes of every vendor must withstand; its tests inherit it."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from saleor_aftersale.tracking.carriers import payloads, registry
from saleor_aftersale.tracking.carriers.base import (
    BadPayload,
    BadSignature,
    CarrierUpdate,
    identity_hash,
)
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests.carrier_cases import AT, EARLIER, NUMBER, OTHER_SECRET, SECRET, CarrierCases
from tests.factories import NOON

RECORDED = Path(__file__).parent / "carriers"

#: Bodies that are no JSON object.
BROKEN = [b"", b"{", b"\xff\xfe", b"\x00", b"null", b"[]", b'"text"', b"17", b"[" * 100000]
BROKEN += [
    b'{"a":' * 50000,
    b"1" * 200000,
    b'{"a":' + b"1" * 200000 + b"}",
    b'{"\\ud800": "\\u0000',
]

#: What no text of a payload may hold, and what is of another type.
UNSTORABLE = ["\x00", "Ł\x00", "\ud800"]
WRONG_TYPES = [17, 1.5, True, ["x"], {"x": 1}]


def recordings(provider: str) -> List[Path]:
    """Files of one vendor's recorded pushes."""
    return sorted((RECORDED / provider).glob("*.json"))


def written(update: CarrierUpdate) -> Dict[str, Any]:
    """An update as a recording has it."""
    facts = asdict(update)
    del facts["payload"]
    for name in ("occurred_at", "promised_from", "promised_until", "collect_by"):
        facts[name] = facts[name] and facts[name].isoformat()
    return {**facts, "status": update.status.value}


def objects(value: Any) -> Iterator[Any]:
    """Every object in a payload."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            yield from objects(inner)


class ProviderCases(CarrierCases):
    """
    Cases of one vendor's module, and of its pushes at our endpoint.

    A subclass sets ``provider``, writes ``news`` and ``headers``, and names the texts that a
    payload made by ``news`` consists of.
    """

    #: The signature covers the body; else the vendor sends the secret itself.
    signs_body = True
    #: The signature covers the time.
    signs_time = False
    #: Places of the payload's texts; at each, another type or a NUL makes it unreadable.
    texts: Tuple[str, ...] = ()
    #: Places that must not be missing.
    required: Tuple[str, ...] = ()

    @property
    def module(self) -> Any:
        return registry.provider(self.provider)

    def parse(self, payload: Any) -> List[CarrierUpdate]:
        return self.module.parse(json.dumps(payload).encode())

    def verify(
        self, body: bytes = b"{}", *, headers: Any = None, secrets: Any = (SECRET,), at: Any = NOON
    ) -> None:
        sent = self.headers(b"{}", at, SECRET) if headers is None else headers
        self.module.verify(body, sent, secrets, NOON)

    def assert_unverified(self, **more: Any) -> None:
        with pytest.raises(BadSignature) as refused:
            self.verify(**more)
        assert (refused.value.code, refused.value.field) == ("INVALID_SIGNATURE", None)

    def changed(self, place: str, value: Any) -> Any:
        """The payload of ``news`` with another value at a place as ``a[0].b``."""
        payload = self.news(NUMBER)
        target: Any = payload
        *way, last = place.replace("[", ".[").split(".")
        for step in way:
            target = target[int(step[1:-1])] if step.startswith("[") else target[step]
        target[last] = value
        return payload

    # Reading.

    def test_recorded_pushes_give_the_expected_events(self):
        files = recordings(self.provider)
        assert files
        for file in files:
            recording = json.loads(file.read_text(encoding="utf-8"))
            updates = self.parse(recording["payload"])
            assert [written(update) for update in updates] == recording["expected"], file.name
            assert recording["source"]

    def test_event_is_kept_as_it_was_sent(self):
        payload = self.news(NUMBER)

        (update,) = self.parse(payload)

        assert update.payload in list(objects(payload))

    def test_news_has_the_same_identity_when_delivered_twice(self):
        first, second = (self.parse(self.news(NUMBER)) for _ in range(2))

        assert [identity_hash(self.provider, update) for update in first] == [
            identity_hash(self.provider, update) for update in second
        ]
        assert first == second

    def test_late_event_keeps_its_own_time(self):
        (update,) = self.parse(self.news(NUMBER, at=EARLIER))

        assert update.occurred_at == NOON - timedelta(days=1)
        assert update.status is ShipmentStatus.IN_TRANSIT

    def test_unknown_code_is_kept_raw_and_logged_once(self, caplog):
        payloads._log_unknown.cache_clear()

        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                (update,) = self.parse(self.news(NUMBER, status="claimed_by_depot"))

        assert (update.status, update.raw_code) == (ShipmentStatus.UNKNOWN, "claimed_by_depot")
        assert [record.getMessage() for record in caplog.records] == [
            f"Unknown code 'claimed_by_depot' of {self.provider}: kept raw."
        ]

    def test_number_is_normalised(self):
        (update,) = self.parse(self.news(" 1z-9 99 "))

        assert update.tracking_number == NUMBER

    @pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:8]))
    def test_body_is_refused_when_it_is_no_json_object(self, body):
        with pytest.raises(BadPayload) as refused:
            self.module.parse(body)

        assert refused.value.field is None

    def test_text_is_refused_when_it_is_of_another_type_or_unstorable(self):
        for place in self.texts:
            for value in [*WRONG_TYPES, *UNSTORABLE]:
                with pytest.raises(BadPayload) as refused:
                    self.parse(self.changed(place, value))
                # What can't be stored is found in the event as a whole, before its fields.
                assert place.startswith(refused.value.field or ""), (place, value)

    def test_field_is_refused_when_it_is_missing(self):
        for place in self.required:
            for value in (None, "", "  "):
                with pytest.raises(BadPayload) as refused:
                    self.parse(self.changed(place, value))
                assert refused.value.field == place

    @pytest.mark.parametrize("depth", [17, 400])
    def test_event_is_refused_when_it_is_nested_too_deep(self, depth):
        payload = self.news(NUMBER)
        (update,) = self.parse(payload)
        event = next(item for item in objects(payload) if item == update.payload)
        event["extra"] = "deep"
        body = json.dumps(payload).replace('"deep"', "[" * depth + "]" * depth)

        with pytest.raises(BadPayload):
            self.module.parse(body.encode())

    def test_event_is_refused_when_it_holds_a_number_that_is_none(self):
        for number in ("NaN", "1e999", "1" * 5000):
            payload = self.news(NUMBER)
            (update,) = self.parse(payload)
            next(item for item in objects(payload) if item == update.payload)["extra"] = "number"

            with pytest.raises(BadPayload):
                self.module.parse(json.dumps(payload).replace('"number"', number).encode())

    def wrong_payloads(self):
        wrong = [(self.changed(place, 17), place) for place in self.texts]
        return wrong + [(self.changed(place, None), place) for place in self.required]

    # Checking.

    def test_push_is_let_through_when_any_secret_fits(self):
        for secrets in ((SECRET,), (OTHER_SECRET, SECRET), (SECRET, OTHER_SECRET)):
            self.verify(secrets=secrets)

    def test_push_is_let_through_when_header_names_are_in_another_case(self):
        sent = self.headers(b"{}", NOON, SECRET)

        self.verify(headers={name.upper(): value for name, value in sent.items()})
        self.verify(headers={name.lower(): value for name, value in sent.items()})

    def test_push_is_not_let_through_when_the_secret_is_another(self):
        for secrets in ((), (OTHER_SECRET,), ("",)):
            self.assert_unverified(secrets=secrets)

    def test_push_is_not_let_through_when_the_signature_is_wrong(self):
        sent = self.headers(b"{}", NOON, SECRET)

        self.assert_unverified(headers={})
        self.assert_unverified(headers=dict.fromkeys(sent, ""), secrets=("",))
        for name in sent:
            for value in ("", "0" * 64, "é\ud800", sent[name] + "0", sent[name][:-1], "t=,v1="):
                self.assert_unverified(headers={**sent, name: value})

    def test_push_is_not_let_through_when_the_body_was_changed(self):
        if self.signs_body:
            self.assert_unverified(body=b"{} ")
        else:
            self.verify(b"{} ")

    def test_clock_may_be_off_by_five_minutes_when_the_time_is_signed(self):
        for seconds in (-301, 301):
            at = NOON + timedelta(seconds=seconds)
            if self.signs_time:
                self.assert_unverified(at=at)
                self.verify(at=NOON + timedelta(seconds=seconds // 2))
            else:
                self.verify(at=at)

    # At the endpoint, where this vendor differs.

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_push_is_refused_when_the_clock_is_off(self, minutes):
        if not self.signs_time:
            pytest.skip("this vendor signs no time")
        super().test_push_is_refused_when_the_clock_is_off(minutes)

    def test_push_is_refused_when_the_body_was_changed(self):
        if not self.signs_body:
            pytest.skip("this vendor sends the secret itself")
        super().test_push_is_refused_when_the_body_was_changed()


def stamp(at: datetime) -> str:
    """Unix time as a header has it."""
    return str(int(at.timestamp()))


__all__ = ["AT", "NUMBER", "SECRET", "ProviderCases", "recordings", "stamp", "written"]
