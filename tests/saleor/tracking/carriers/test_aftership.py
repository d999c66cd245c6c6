"""AfterShip: its payloads, its signature, its pushes at our endpoint."""

import base64
import hashlib
import hmac

import pytest

from saleor_aftersale.tracking.carriers import aftership
from tests.provider_cases import AT, NUMBER, SECRET, ProviderCases

pytestmark = pytest.mark.django_db


class TestAftershipPush(ProviderCases):
    provider = "aftership"
    texts = (
        "msg.tracking_number",
        "msg.slug",
        "msg.tag",
        "msg.checkpoints[0].tag",
        "msg.checkpoints[0].subtag",
        "msg.checkpoints[0].message",
        "msg.checkpoints[0].location",
        "msg.checkpoints[0].checkpoint_time",
    )
    required = ("msg.tracking_number",)

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        tag = {"IN_TRANSIT": "InTransit", "DELIVERED": "Delivered"}.get(status, status)
        subtag = {"IN_TRANSIT": "InTransit_007", "DELIVERED": "Delivered_001"}.get(status, "")
        event = {"slug": "ups", "message": "", "tag": tag, "subtag": subtag, "location": place}
        message = {"tracking_number": number, "slug": "ups", "tag": tag, "checkpoints": []}
        message["checkpoints"].append({**event, "checkpoint_time": at})
        return {"ts": 1780315200, "event": "tracking_update", "msg": message}

    def headers(self, body, at, secret):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        return {"aftership-hmac-sha256": base64.b64encode(digest).decode()}

    def test_old_organisations_sign_in_another_header(self):
        digest = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).digest()
        signature = "hmac-sha256=" + base64.b64encode(digest).decode()

        self.verify(headers={"am-webhook-signature": signature})
        self.assert_unverified(headers={"am-webhook-signature": signature[12:]})
        # The header that was sent decides.
        wrong = {"aftership-hmac-sha256": "x", "am-webhook-signature": signature}
        self.assert_unverified(headers=wrong)

    def event(self, tag, subtag):
        payload = self.changed("msg.checkpoints[0].tag", tag)
        payload["msg"]["checkpoints"][0]["subtag"] = subtag
        (update,) = self.parse(payload)
        return update

    @pytest.mark.parametrize("subtag, status", aftership.REASON_MAP.items())
    def test_sub_status_gives_its_status(self, subtag, status):
        update = self.event(subtag.split("_")[0], subtag)

        assert (update.status, update.raw_code) == (status, subtag)

    @pytest.mark.parametrize(
        "tag, subtag, status",
        [
            *((tag, None, status.value) for tag, status in aftership.STATUS_MAP.items()),
            *((tag, f"{tag}_099", status.value) for tag, status in aftership.STATUS_MAP.items()),
            ("Exception", None, "ON_HOLD"),
            ("Exception", "Exception_099", "UNKNOWN"),
            ("Teleported", "Teleported_001", "UNKNOWN"),
            ("", "", "UNKNOWN"),
        ],
    )
    def test_tag_decides_when_the_sub_status_is_new(self, tag, subtag, status):
        update = self.event(tag, subtag)

        assert (update.status.value, update.raw_code) == (status, subtag or tag)

    def test_parcel_is_pending_when_nothing_is_known_of_it(self):
        message = {"tracking_number": NUMBER, "tag": "Pending", "checkpoints": []}

        (update,) = self.parse({"ts": 1780315200, "msg": message})

        assert update.status.value == "PENDING"
        assert update.occurred_at.isoformat() == "2026-06-01T12:00:00+00:00"

    def test_nothing_is_told_when_there_is_neither_checkpoint_nor_time(self):
        message = {"tracking_number": NUMBER, "tag": "Pending"}

        assert self.parse({"msg": message}) == []
        assert self.parse({"ts": 1, "msg": {**message, "tag": "InfoReceived"}}) == []

    @pytest.mark.parametrize("subtag, reason", aftership.INCIDENTS.items())
    def test_sub_status_tells_why_when_it_is_trouble(self, subtag, reason):
        assert self.event(subtag.split("_")[0], subtag).reason == reason.value

    @pytest.mark.parametrize("subtag", ["InTransit_007", "Exception_010", "Exception_099", None])
    def test_sub_status_tells_no_reason_when_there_is_none(self, subtag):
        assert self.event("Exception", subtag).reason == ""
