"""Shippo: its payloads, its signature, its pushes at our endpoint."""

import hashlib
import hmac

import pytest

from saleor_aftersale.tracking.carriers import shippo
from tests.carrier_cases import OTHER_SECRET
from tests.factories import NOON
from tests.provider_cases import AT, SECRET, ProviderCases, stamp

pytestmark = pytest.mark.django_db


class TestShippoPush(ProviderCases):
    provider = "shippo"
    signs_time = True
    texts = (
        "event",
        "data.tracking_number",
        "data.carrier",
        "data.eta",
        "data.tracking_history[0].status",
        "data.tracking_history[0].status_details",
        "data.tracking_history[0].status_date",
        "data.tracking_history[0].substatus.code",
        "data.tracking_history[0].location.city",
    )
    required = ("event", "data.tracking_number")

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        word = {"IN_TRANSIT": "TRANSIT"}.get(status, status)
        event = {"status": word, "status_details": "", "status_date": at}
        event.update(substatus={"code": None}, location={"city": place})
        track = {"tracking_number": number, "carrier": "ups", "tracking_history": [event]}
        return {"event": "track_updated", "test": False, "data": track}

    def headers(self, body, at, secret):
        message = stamp(at).encode() + b"." + body
        digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        return {"Shippo-Auth-Signature": f"t={stamp(at)},v1={digest}"}

    def test_push_is_let_through_when_one_of_several_signatures_fits(self):
        one = self.headers(b"{}", NOON, OTHER_SECRET)["Shippo-Auth-Signature"]
        _time, _comma, other = self.headers(b"{}", NOON, SECRET)["Shippo-Auth-Signature"].partition(
            ","
        )

        self.verify(headers={"Shippo-Auth-Signature": f"{one}, {other}"})

    @pytest.mark.parametrize("time", ["", "t=", "t=now", "t=-1", "t=²", "t=1780315200.0", "x=1"])
    def test_push_is_not_let_through_when_the_time_is_none(self, time):
        value = self.headers(b"{}", NOON, SECRET)["Shippo-Auth-Signature"]
        signature = value.partition(",")[2]

        self.assert_unverified(headers={"Shippo-Auth-Signature": f"{time},{signature}"})

    def test_token_in_the_address_counts_when_nothing_is_signed(self):
        self.verify(headers={"X-Aftersale-Token": SECRET})
        self.assert_unverified(headers={"X-Aftersale-Token": OTHER_SECRET})
        both = {"X-Aftersale-Token": SECRET, "Shippo-Auth-Signature": "t=1780315200,v1=0"}
        self.assert_unverified(headers=both)

    def told(self, word, detail):
        payload = self.changed("data.tracking_history[0].status", word)
        payload["data"]["tracking_history"][0]["substatus"] = detail and {"code": detail}
        (update,) = self.parse(payload)
        return update

    def event(self, word, detail):
        update = self.told(word, detail)
        return update.status, update.raw_code

    @pytest.mark.parametrize("word, status", shippo.STATUS_MAP.items())
    def test_status_decides_when_the_sub_status_says_no_more(self, word, status):
        assert self.event(word, None) == (status, word)
        assert self.event(word, "brand_new") == (status, f"{word}.brand_new")

    @pytest.mark.parametrize("detail, status", shippo.REASON_MAP.items())
    def test_sub_status_refines_only_what_leaves_room_for_it(self, detail, status):
        assert self.event("TRANSIT", detail)[0] is status
        assert self.event("FAILURE", detail)[0] is status
        assert self.event("DELIVERED", detail)[0].value == "DELIVERED"

    @pytest.mark.parametrize("detail, reason", shippo.INCIDENTS.items())
    def test_sub_status_tells_why_when_it_is_trouble(self, detail, reason):
        assert self.told("FAILURE", detail).reason == reason.value

    @pytest.mark.parametrize("detail", [None, "delayed", "brand_new"])
    def test_sub_status_tells_no_reason_when_there_is_none(self, detail):
        assert self.told("FAILURE", detail).reason == ""
