"""EasyPost: its payloads, its signature, its pushes at our endpoint."""

import hashlib
import hmac
import json

import pytest

from saleor_aftersale.tracking.carriers import easypost
from tests.factories import NOON
from tests.provider_cases import AT, RECORDED, ProviderCases

pytestmark = pytest.mark.django_db


class TestEasypostPush(ProviderCases):
    provider = "easypost"
    texts = (
        "description",
        "result.tracking_code",
        "result.carrier",
        "result.est_delivery_date",
        "result.tracking_details[0].status",
        "result.tracking_details[0].status_detail",
        "result.tracking_details[0].message",
        "result.tracking_details[0].datetime",
        "result.tracking_details[0].tracking_location.city",
    )
    required = ("description", "result.tracking_code")

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        event = {"status": status.lower(), "status_detail": None, "message": "", "datetime": at}
        event["tracking_location"] = {"city": place, "state": None, "country": None}
        tracker = {"tracking_code": number, "carrier": "UPS", "tracking_details": [event]}
        return {"description": "tracker.updated", "object": "Event", "result": tracker}

    def headers(self, body, at, secret):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hmac-Signature": "hmac-sha256-hex=" + digest}

    def test_signature_is_that_of_the_vendors_own_sample(self):
        # EasyPost/examples, official/fixtures/client-library-fixtures.json: webhooks.
        sample = json.loads((RECORDED / "easypost" / "in_transit.json").read_text("utf-8"))
        body = json.dumps(sample["payload"], separators=(",", ":")).encode()
        signature = "38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"
        headers = {"X-Hmac-Signature": f"hmac-sha256-hex={signature}"}

        easypost.verify(body, headers, ["sécret"], NOON)

    def told(self, word, detail):
        payload = self.changed("result.tracking_details[0].status", word)
        payload["result"]["tracking_details"][0]["status_detail"] = detail
        (update,) = self.parse(payload)
        return update

    def event(self, word, detail):
        update = self.told(word, detail)
        return update.status, update.raw_code

    @pytest.mark.parametrize("word, status", easypost.STATUS_MAP.items())
    def test_status_decides_when_the_detail_says_no_more(self, word, status):
        assert self.event(word, None) == (status, word)
        assert self.event(word, "brand_new") == (status, f"{word}.brand_new")

    @pytest.mark.parametrize("detail, status", easypost.REASON_MAP.items())
    def test_detail_refines_only_what_leaves_room_for_it(self, detail, status):
        assert self.event("in_transit", detail)[0] is status
        assert self.event("failure", detail)[0] is status
        assert self.event("delivered", detail)[0].value == "DELIVERED"

    @pytest.mark.parametrize("name", ["batch.updated", "refund.successful", "trackers"])
    def test_push_about_something_else_tells_nothing(self, name):
        assert self.parse(self.changed("description", name)) == []

    @pytest.mark.parametrize("detail, reason", easypost.INCIDENTS.items())
    def test_detail_tells_why_when_it_is_trouble(self, detail, reason):
        assert self.told("failure", detail).reason == reason.value

    @pytest.mark.parametrize("detail", [None, "delayed", "brand_new"])
    def test_detail_tells_no_reason_when_there_is_none(self, detail):
        assert self.told("failure", detail).reason == ""
