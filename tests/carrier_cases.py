"""What the push of every carrier must withstand; its tests inherit these cases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Dict, List, Optional, Tuple, Union

import pytest
from django.test import Client
from django.utils import timezone

from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import hooks
from saleor_aftersale.tracking.models import CarrierPush, OrderRecord, Shipment, TrackingEvent
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON

SECRET = "0123456789abcdef0123456789abcdef"
OTHER_SECRET = "fedcba9876543210fedcba9876543210"
NUMBER = "1Z999"

AT = NOON.isoformat()
EARLIER = (NOON - timedelta(days=1)).isoformat()

#: What a push is answered that is kept, and one that is kept already.
ACCEPTED = (200, {"accepted": True, "repeated": False})
REPEATED = (200, {"accepted": True, "repeated": True})

#: Answer of our endpoint: HTTP status and JSON body.
Answer = Tuple[int, Dict[str, Any]]


class CarrierCases:
    """
    Cases of one carrier, against its endpoint in the real shop.

    A subclass sets ``provider`` and says how that carrier writes and signs its news.
    """

    provider: str

    def news(
        self, number: str, *, at: str = AT, status: str = "IN_TRANSIT", place: str = ""
    ) -> Any:
        """The carrier's payload with one event; ``status`` is our word for it."""
        raise NotImplementedError

    def headers(self, body: bytes, at: datetime, secret: str) -> Dict[str, str]:
        """The headers by which the carrier proves who it is, as sent."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def parcel(self) -> Shipment:
        """A parcel the shop has sent; the carrier hasn't told of it yet."""
        factories.activate(carrier_secrets=f"{self.provider}={SECRET}")
        order = factories.make_order()
        fulfillment = factories.fulfill(order, tracking_number=NUMBER)
        factories.keep(order)
        return Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))

    def push(
        self,
        payload: Any,
        *,
        secret: str = SECRET,
        at: Optional[datetime] = None,
        without: str = "",
        channel: str = CHANNEL,
    ) -> Answer:
        """
        Send a signed push and read the answer.

        Args:
            payload: bytes go as they are, anything else as JSON.
            at: the sender's clock; None: it is right.
            without: a header that is forgotten.
        """
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = self.headers(body, at or timezone.now(), secret)
        headers.pop(without, None)
        return self.send(body, headers, channel=channel)

    def send(
        self, body: bytes, headers: Dict[str, str], *, channel: str = CHANNEL, method: str = "POST"
    ) -> Answer:
        """Send bytes to the carrier's endpoint and let the worker read what was accepted."""
        response = Client().generic(
            method,
            hooks.page_path(PLUGIN_ID, channel, f"carriers/{self.provider}/"),
            body,
            content_type="application/json",
            **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()},
        )
        factories.commit()
        is_json = response["Content-Type"].startswith("application/json")
        return response.status_code, json.loads(response.content) if is_json else {}

    def assert_refused(self, answer: Answer, status: int, code: str, field: Optional[str]) -> None:
        """One error of that code at that place; nothing was kept or came of the push."""
        got_status, body = answer
        got = [(error["code"], error["field"]) for error in body["errors"]]
        assert (got_status, got) == (status, [(code, field)])
        self.assert_nothing_happened()
        assert not CarrierPush.objects.exists()

    def assert_kept(self, answer: Answer, state: str, detail: str) -> None:
        """Acknowledged and kept in that state for that reason; nothing else came of it."""
        assert answer == ACCEPTED
        kept = CarrierPush.objects.values_list("provider", "state", "detail")
        assert list(kept) == [(self.provider, state, detail)]
        self.assert_nothing_happened()

    def assert_nothing_happened(self) -> None:
        """The parcels are as the ``parcel`` fixture left them, and nobody was told anything."""
        assert list(Shipment.objects.values_list("status", "shipped_at", "carrier")) in (
            [("PENDING", None, "")],
            [("PENDING", None, "")] * 2,
        )
        assert (TrackingEvent.objects.count(), OutboxMail.objects.count()) == (0, 0)

    def events(self) -> List[Tuple[str, str, str]]:
        """Status, raw code and provider of what is stored, oldest first."""
        rows = TrackingEvent.objects.order_by("occurred_at", "id")
        return list(rows.values_list("status", "raw_code", "provider"))

    def status(self) -> str:
        """What we think of the parcel."""
        return Shipment.objects.get().status

    # Good pushes.

    def test_push_is_recorded_when_signed(self):
        answer = self.push(self.news(NUMBER))

        assert answer == ACCEPTED
        assert [(status, provider) for status, _code, provider in self.events()] == [
            ("IN_TRANSIT", self.provider)
        ]
        assert self.status() == "IN_TRANSIT"
        assert list(OutboxMail.objects.values_list("key", flat=True)) == ["shipment.sent"]

    def test_push_is_recorded_when_signed_with_the_second_secret(self):
        lines = f"{self.provider}={OTHER_SECRET}\n{self.provider}={SECRET}"
        factories.activate(carrier_secrets=lines)

        assert self.push(self.news(NUMBER)) == ACCEPTED

    def test_push_changes_nothing_when_delivered_twice(self):
        self.push(self.news(NUMBER))

        with factories.nothing_changed():
            answer = self.push(self.news(NUMBER))

        assert answer == REPEATED
        assert (self.status(), OutboxMail.objects.count()) == ("IN_TRANSIT", 1)

    def test_news_changes_nothing_when_told_in_other_bytes(self):
        self.push(self.news(NUMBER))
        before = list(TrackingEvent.objects.values())

        answer = self.push(b" " + json.dumps(self.news(NUMBER)).encode())

        assert answer == ACCEPTED
        assert list(TrackingEvent.objects.values()) == before
        assert (self.status(), OutboxMail.objects.count()) == ("IN_TRANSIT", 1)

    def test_unknown_code_is_kept_raw_when_pushed(self):
        self.push(self.news(NUMBER, at=EARLIER))

        answer = self.push(self.news(NUMBER, status="claimed_by_depot"))

        assert answer == ACCEPTED
        assert self.events()[-1] == ("UNKNOWN", "claimed_by_depot", self.provider)
        assert self.status() == "IN_TRANSIT"

    def test_late_event_fills_a_gap_when_the_parcel_is_delivered_already(self):
        self.push(self.news(NUMBER, status="DELIVERED"))
        mails = OutboxMail.objects.count()

        answer = self.push(self.news(NUMBER, at=EARLIER))

        assert answer == ACCEPTED
        assert [event[0] for event in self.events()] == ["IN_TRANSIT", "DELIVERED"]
        assert (self.status(), OutboxMail.objects.count()) == ("DELIVERED", mails)

    # Not from whom it says.

    def test_push_is_refused_when_signed_with_another_secret(self):
        answer = self.push(self.news(NUMBER), secret=OTHER_SECRET)

        self.assert_refused(answer, 401, "INVALID_SIGNATURE", None)

    def test_push_is_refused_when_the_body_was_changed(self):
        body = json.dumps(self.news(NUMBER)).encode()
        headers = self.headers(body, timezone.now(), SECRET)

        answer = self.send(body + b" ", headers)

        self.assert_refused(answer, 401, "INVALID_SIGNATURE", None)

    def test_push_is_refused_when_a_header_is_missing(self):
        for name in self.headers(b"", timezone.now(), SECRET):
            answer = self.push(self.news(NUMBER), without=name)

            self.assert_refused(answer, 401, "INVALID_SIGNATURE", None)

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_push_is_refused_when_the_clock_is_off(self, minutes):
        at = timezone.now() + timedelta(minutes=minutes)

        answer = self.push(self.news(NUMBER), at=at)

        self.assert_refused(answer, 401, "INVALID_SIGNATURE", None)

    @pytest.mark.parametrize("secrets", ["", f"somebody={SECRET}"])
    def test_push_is_refused_when_the_shop_has_no_secret_of_that_carrier(self, secrets):
        factories.activate(carrier_secrets=secrets)

        for secret in (SECRET, ""):
            answer = self.push(self.news(NUMBER), secret=secret)
            self.assert_refused(answer, 401, "INVALID_SIGNATURE", None)

    def test_push_is_not_served_when_the_plugin_is_inactive(self):
        factories.activate(active=False, carrier_secrets=f"{self.provider}={SECRET}")

        status, _body = self.push(self.news(NUMBER))

        assert status == 404
        self.assert_nothing_happened()

    def test_address_answers_when_the_carrier_asks_whether_it_is_there(self):
        answer = self.send(b"", {}, method="GET")

        assert answer == (200, {"provider": self.provider})
        self.assert_nothing_happened()

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_push_is_refused_when_it_is_no_post(self, method):
        body = json.dumps(self.news(NUMBER)).encode()
        headers = self.headers(body, timezone.now(), SECRET)

        answer = self.send(body, headers, method=method)

        self.assert_refused(answer, 405, "INVALID", None)

    # Signed, but not readable.

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b"\x00",
            b"null",
            b"[]",
            b'"text"',
            b"17",
            b"[" * 100000,
            b'{"a":' * 50000,
        ],
        ids=lambda body: repr(body[:6]),
    )
    def test_push_is_kept_unread_when_the_body_is_no_json_object(self, body):
        assert self.push(body) == ACCEPTED

        push = CarrierPush.objects.get()
        assert (bytes(push.body), push.state, push.due_at) == (body, "UNREADABLE", None)
        self.assert_nothing_happened()

    def test_push_is_refused_when_the_body_is_too_large(self):
        answer = self.push(b" " * (256 * 1024 + 1))

        self.assert_refused(answer, 413, "TOO_LONG", None)

    def wrong_payloads(self) -> List[Tuple[Union[bytes, Any], Optional[str]]]:
        """Payloads of wrong types or content, each with the field that is at fault."""
        raise NotImplementedError

    def test_push_is_kept_unread_when_something_in_it_is_wrong(self):
        for payload, field in self.wrong_payloads():
            answer = self.push(payload)

            push = CarrierPush.objects.get()
            assert (answer, push.state) == (ACCEPTED, "UNREADABLE")
            assert push.detail.startswith(f"{field}: ") or field is None, push.detail
            self.assert_nothing_happened()
            push.delete()

    # Readable, but of a parcel that isn't meant.

    def test_push_waits_when_no_parcel_has_that_number(self):
        answer = self.push(self.news("1Z000"))

        self.assert_kept(answer, "UNMATCHED", "No parcel has the number 1Z000.")

    def test_push_waits_when_parcels_of_two_orders_have_that_number(self):
        order = factories.make_order()
        factories.fulfill(order, tracking_number=NUMBER)
        factories.keep(order)

        answer = self.push(self.news(NUMBER))

        self.assert_kept(
            answer, "UNMATCHED", f"Parcels of several orders have the number {NUMBER}."
        )

    @pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
    def test_push_waits_when_the_parcel_is_of_another_channel(self):
        factories.activate(channel="other", carrier_secrets=f"{self.provider}={OTHER_SECRET}")

        answer = self.push(self.news(NUMBER), secret=OTHER_SECRET, channel="other")

        self.assert_kept(answer, "UNMATCHED", f"No parcel has the number {NUMBER}.")
        assert OrderRecord.objects.get().channel == CHANNEL
