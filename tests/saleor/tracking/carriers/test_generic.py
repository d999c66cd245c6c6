"""The generic signed push: reading, checking, and the endpoint."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.carriers.base import (
    BadPayload,
    BadSignature,
    CarrierUpdate,
    identity_hash,
    normalise_number,
)
from saleor_aftersale.tracking.models import Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests.carrier_cases import ACCEPTED, AT, NUMBER, OTHER_SECRET, SECRET, CarrierCases
from tests.factories import NOON

pytestmark = pytest.mark.django_db

RECORDED = Path(__file__).parents[3] / "carriers" / "generic"

TIMESTAMP = "X-Aftersale-Timestamp"
SIGNATURE = "X-Aftersale-Signature"

NAIVE = "2026-06-01T12:00:00"


def payload_of(event=None, **more):
    """A payload with one event; what matters to a test is put over it."""
    event = {"occurredAt": AT, "status": "IN_TRANSIT", **(event or {})}
    return {"trackingNumber": NUMBER, "events": [event], **more}


def parse(payload):
    return generic.parse(json.dumps(payload).encode())


def written(update):
    """An update as a recording has it."""
    facts = asdict(update)
    del facts["payload"]
    for name in ("occurred_at", "promised_from", "promised_until", "collect_by"):
        facts[name] = facts[name] and facts[name].isoformat()
    return {**facts, "status": update.status.value}


# Reading.


@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.json")), ids=lambda file: file.stem)
def test_parse_gives_the_expected_events_when_a_push_was_recorded(file):
    recording = json.loads(file.read_text(encoding="utf-8"))

    updates = parse(recording["payload"])

    assert [written(update) for update in updates] == recording["expected"]
    assert [update.payload for update in updates] == recording["payload"]["events"]


@pytest.mark.parametrize("status", list(ShipmentStatus))
def test_parse_reads_our_own_words_when_they_are_statuses(status):
    update = CarrierUpdate(
        status=status,
        occurred_at=NOON,
        tracking_number=NUMBER,
        raw_code=status.value.lower(),
        payload={"occurredAt": AT, "status": status.value.lower()},
    )

    assert parse(payload_of({"status": status.value.lower()})) == [update]


@pytest.mark.parametrize("number", [1, 100])
def test_parse_gives_every_event_when_there_are_up_to_a_hundred(number):
    events = payload_of()["events"] * number

    assert len(parse(payload_of(events=events))) == number


TEXT = "This must be text of up to {} characters."
TIME = "Write a time in ISO 8601 with its offset."
RANGE = "This time is out of range."
EVENTS = "Send 1 to 100 events."
UNSTORABLE = "This holds a value that can't be stored."

#: Payload, field at fault, message.
WRONG = [
    (payload_of(trackingNumber=None), "trackingNumber", "A tracking number is required."),
    (payload_of(trackingNumber=" - "), "trackingNumber", "A tracking number is required."),
    (payload_of(trackingNumber=17), "trackingNumber", TEXT.format(255)),
    (payload_of(trackingNumber=0), "trackingNumber", TEXT.format(255)),
    (payload_of(trackingNumber="1" * 256), "trackingNumber", TEXT.format(255)),
    (payload_of(carrier=["inpost"]), "carrier", TEXT.format(64)),
    (payload_of(carrier="x" * 65), "carrier", TEXT.format(64)),
    (payload_of(events=None), "events", EVENTS),
    (payload_of(events=[]), "events", EVENTS),
    (payload_of(events={"0": {}}), "events", EVENTS),
    (payload_of(events=payload_of()["events"] * 101), "events", EVENTS),
    (payload_of(events=["DELIVERED"]), "events[0]", "An event must be an object."),
    (payload_of({"status": None}), "events[0].status", "A status is required."),
    (payload_of({"status": " "}), "events[0].status", "A status is required."),
    (payload_of({"status": False}), "events[0].status", TEXT.format(64)),
    (payload_of({"status": {"a": 1}}), "events[0].status", TEXT.format(64)),
    (payload_of({"status": "x" * 65}), "events[0].status", TEXT.format(64)),
    (payload_of({"code": 17}), "events[0].code", TEXT.format(128)),
    (payload_of({"description": "x" * 1025}), "events[0].description", TEXT.format(1024)),
    (payload_of({"location": []}), "events[0].location", TEXT.format(255)),
    (payload_of({"occurredAt": None}), "events[0].occurredAt", "This time is required."),
    (payload_of({"occurredAt": NAIVE}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": ""}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": 1780315200}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": [AT]}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": "yesterday"}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": "2026-06-01"}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": "2026-02-30T12:00:00Z"}), "events[0].occurredAt", TIME),
    (payload_of({"occurredAt": "0001-01-01T00:00:00+14:00"}), "events[0].occurredAt", RANGE),
    (payload_of({"occurredAt": "1999-12-31T00:00:00Z"}), "events[0].occurredAt", RANGE),
    (payload_of({"occurredAt": "9999-12-31T23:59:59-12:00"}), "events[0].occurredAt", RANGE),
    (
        payload_of(estimatedDelivery=[]),
        "estimatedDelivery",
        "This must be an object.",
    ),
    (payload_of(estimatedDelivery={"latest": NAIVE}), "estimatedDelivery.latest", TIME),
    (
        payload_of(estimatedDelivery={"earliest": NAIVE, "latest": AT}),
        "estimatedDelivery.earliest",
        TIME,
    ),
    (
        payload_of(estimatedDelivery={"earliest": AT}),
        "estimatedDelivery.latest",
        "This time is required.",
    ),
    (
        payload_of(estimatedDelivery={"earliest": AT, "latest": "2026-06-01T11:59:59Z"}),
        "estimatedDelivery.earliest",
        "The range ends before it begins.",
    ),
    # No column or JSON of PostgreSQL takes these, wherever they stand.
    (payload_of(trackingNumber="1Z\x00"), "trackingNumber", UNSTORABLE),
    (payload_of({"location": "Łódź\x00"}), "events[0].location", UNSTORABLE),
    (payload_of({"location": "\ud800"}), "events[0].location", UNSTORABLE),
    (payload_of({"vehicle": {"plate": ["\x00"]}}), "events[0]", UNSTORABLE),
    (payload_of({"\x00": 1}), "events[0]", UNSTORABLE),
    (payload_of({"weight": float("nan")}), "events[0]", UNSTORABLE),
    (payload_of({"weight": float("-inf")}), "events[0]", UNSTORABLE),
]


@pytest.mark.parametrize("payload, field, message", WRONG)
def test_parse_names_the_place_when_something_is_wrong(payload, field, message):
    with pytest.raises(BadPayload) as refused:
        parse(payload)

    error = refused.value
    assert (error.code, error.field, error.message) == ("INVALID", field, message)


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_parse_refuses_a_number_when_it_is_too_large_to_be_one(number):
    body = json.dumps(payload_of({"weight": 17})).replace("17", number)

    with pytest.raises(BadPayload) as refused:
        generic.parse(body.encode())

    assert refused.value.message == UNSTORABLE


@pytest.mark.parametrize("depth", [16, 400])
def test_parse_refuses_an_event_when_it_is_nested_too_deep(depth):
    nested = "[" * depth + "]" * depth
    body = json.dumps(payload_of({"extra": "deep"})).replace('"deep"', nested)

    with pytest.raises(BadPayload) as refused:
        generic.parse(body.encode())

    assert (refused.value.field, refused.value.message) == ("events[0]", UNSTORABLE)


def test_parse_keeps_an_event_when_it_is_nested_as_deep_as_allowed():
    nested = json.loads("[" * 15 + "]" * 15)

    assert parse(payload_of({"extra": nested}))[0].payload["extra"] == nested


# Checking.


def verify(body=b"{}", *, at=NOON, signature=None, secrets=(SECRET,), **headers):
    timestamp = int(at.timestamp())
    signature = generic.sign(body, timestamp, SECRET) if signature is None else signature
    sent = {TIMESTAMP: str(timestamp), SIGNATURE: signature, **headers}
    generic.verify(body, sent, secrets, NOON)


def test_signature_is_the_documented_hmac_when_made():
    # printf '1780315200.{}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
    expected = "ca3d8e8a1aa0143fd921a8e6e26e906c8f1f812ab0870bfa6dfe8fecac54adb7"

    assert generic.sign(b"{}", 1780315200, SECRET) == expected


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_verify_lets_through_when_the_clock_is_up_to_five_minutes_off(seconds):
    verify(at=NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("secrets", [(SECRET,), (OTHER_SECRET, SECRET), (SECRET, OTHER_SECRET)])
def test_verify_lets_through_when_any_secret_fits(secrets):
    verify(secrets=secrets)


def test_verify_lets_through_when_header_names_are_in_lower_case():
    timestamp = int(NOON.timestamp())
    signature = generic.sign(b"{}", timestamp, SECRET)

    sent = {TIMESTAMP.lower(): str(timestamp), SIGNATURE.lower(): signature}
    generic.verify(b"{}", sent, [SECRET], NOON)


NO_TIME = f"Header {TIMESTAMP} must hold the Unix time in seconds."
NO_FIT = f"Header {SIGNATURE} does not fit the body and time."
TOO_FAR = f"Header {TIMESTAMP} is too far from the present time."


@pytest.mark.parametrize(
    "change, message",
    [
        ({TIMESTAMP: ""}, NO_TIME),
        ({TIMESTAMP: "now"}, NO_TIME),
        ({TIMESTAMP: "-1780315200"}, NO_TIME),
        ({TIMESTAMP: "1780315200.0"}, NO_TIME),
        ({TIMESTAMP: "²"}, NO_TIME),
        ({TIMESTAMP: "1" * 13}, NO_TIME),
        ({TIMESTAMP: "1780315201"}, NO_FIT),
        ({"signature": ""}, NO_FIT),
        ({"signature": "0" * 64}, NO_FIT),
        ({"signature": "é\ud800"}, NO_FIT),
        ({"secrets": ()}, NO_FIT),
        ({"secrets": (OTHER_SECRET,)}, NO_FIT),
        ({"at": NOON - timedelta(seconds=301)}, TOO_FAR),
        ({"at": NOON + timedelta(seconds=301)}, TOO_FAR),
    ],
)
def test_verify_refuses_when_time_or_signature_is_wrong(change, message):
    with pytest.raises(BadSignature) as refused:
        verify(**change)

    error = refused.value
    assert (error.code, error.field, error.message) == ("INVALID_SIGNATURE", None, message)


# What makes two pieces of news the same.


@pytest.mark.parametrize("number", ["1z 999-aa1", " 1Z999AA1\n", "1Z-999-AA1"])
def test_numbers_are_the_same_when_written_with_spaces_and_dashes(number):
    assert normalise_number(number) == "1Z999AA1"


def update_of(**more):
    facts = {"status": ShipmentStatus.IN_TRANSIT, "occurred_at": NOON, "tracking_number": NUMBER}
    return CarrierUpdate(**{**facts, "raw_code": "A", "location": "Łódź", **more})


@pytest.mark.parametrize(
    "more",
    [
        {"occurred_at": datetime.fromisoformat("2026-06-01T14:00:00+02:00")},
        {"status": ShipmentStatus.DELAYED},
        {"description": "in other words"},
        {"payload": {"id": 1}},
        {"promised_until": NOON},
    ],
)
def test_news_is_the_same_when_only_its_wording_differs(more):
    assert identity_hash("generic", update_of(**more)) == identity_hash("generic", update_of())


@pytest.mark.parametrize(
    "provider, more",
    [
        ("other", {}),
        ("generic", {"tracking_number": "1Z998"}),
        ("generic", {"raw_code": "B"}),
        ("generic", {"raw_code": ""}),
        ("generic", {"occurred_at": NOON + timedelta(seconds=1)}),
        ("generic", {"location": "Łomża"}),
        # Parts don't run into each other.
        ("generic", {"raw_code": "", "location": "ALódź"}),
    ],
)
def test_news_is_another_when_what_tells_it_apart_differs(provider, more):
    assert identity_hash(provider, update_of(**more)) != identity_hash("generic", update_of())


# The endpoint.


class TestGenericPush(CarrierCases):
    provider = "generic"

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        return payload_of(
            {"occurredAt": at, "status": status, "location": place}, trackingNumber=number
        )

    def headers(self, body, at, secret):
        timestamp = int(at.timestamp())
        return {TIMESTAMP: str(timestamp), SIGNATURE: generic.sign(body, timestamp, secret)}

    def wrong_payloads(self):
        return [(payload, field) for payload, field, _message in WRONG]

    def test_push_keeps_everything_when_recorded(self):
        recording = json.loads((RECORDED / "whole_way.json").read_text(encoding="utf-8"))
        Shipment.objects.update(tracking_number="1Z999AA1")

        answer = self.push(recording["payload"])

        assert answer == ACCEPTED
        shipment = Shipment.objects.get()
        assert (shipment.status, shipment.carrier) == ("ON_HOLD", "inpost")
        assert shipment.promised_from.isoformat() == "2026-06-03T06:00:00+00:00"
        assert shipment.promised_until.isoformat() == "2026-06-03T16:00:00+00:00"
        columns = ("tracking_number", "raw_code", "description", "location", "occurred_offset")
        assert list(TrackingEvent.objects.order_by("occurred_at").values_list(*columns)) == [
            ("1Z999AA1", "confirmed", "", "", 120),
            ("1Z999AA1", "picked_up", "Odebrana od nadawcy", "Łódź", 0),
            ("1Z999AA1", "ATTEMPT_FAILED", "", "", 120),
            ("1Z999AA1", "READY_FOR_PICKUP", "", "", 120),
            ("1Z999AA1", "ON_HOLD", "", "", 120),
        ]
        kept = TrackingEvent.objects.order_by("occurred_at").values_list("payload", flat=True)
        assert list(kept) == recording["payload"]["events"]
