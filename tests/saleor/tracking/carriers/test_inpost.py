"""InPost: its payloads, the secret in the address, its pushes at our endpoint."""

import pytest

from saleor_aftersale.tracking.carriers import inpost, signatures
from tests.factories import NOON
from tests.provider_cases import AT, NUMBER, SECRET, ProviderCases

pytestmark = pytest.mark.django_db


class TestInpostPush(ProviderCases):
    provider = "inpost"
    signs_body = False
    texts = ("event", "event_ts", "payload.status", "payload.tracking_number")
    required = ("event", "event_ts", "payload.status")

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        words = {"IN_TRANSIT": "sent_from_source_branch", "DELIVERED": "delivered"}
        payload = {"shipment_id": 49, "status": words.get(status, status)}
        payload["tracking_number"] = number
        written = at.replace("T", " ").replace("+00:00", " +0000")
        return {"event_ts": written, "event": "shipment_status_changed", "payload": payload}

    def headers(self, body, at, secret):
        return {"X-Aftersale-Token": secret}

    def test_token_of_the_address_is_found(self):
        sent = signatures.with_token({"Content-Type": "application/json"}, SECRET)

        inpost.verify(b"{}", sent, [SECRET], NOON)
        self.assert_unverified(headers=signatures.with_token({}, None))

    @pytest.mark.parametrize("code, status", inpost.STATUS_MAP.items())
    def test_code_gives_its_status(self, code, status):
        (update,) = self.parse(self.changed("payload.status", code))

        assert (update.status, update.raw_code, update.carrier) == (status, code, "inpost")

    def test_time_has_its_offset_when_written_with_a_space(self):
        (update,) = self.parse(self.changed("event_ts", "2020-03-20 15:08:42 +0100"))

        assert update.occurred_at.isoformat() == "2020-03-20T15:08:42+01:00"

    def test_nothing_is_told_when_no_number_is_given_out(self):
        for number in (None, "", " - "):
            assert self.parse(self.changed("payload.tracking_number", number)) == []
        assert len(self.parse(self.news(NUMBER))) == 1

    @pytest.mark.parametrize("code, reason", inpost.INCIDENTS.items())
    def test_code_tells_why_when_it_is_trouble(self, code, reason):
        (update,) = self.parse(self.changed("payload.status", code))

        assert update.reason == reason.value

    @pytest.mark.parametrize("code", ["delivered", "delay_in_delivery", "handed_to_drone"])
    def test_code_tells_no_reason_when_there_is_none(self, code):
        (update,) = self.parse(self.changed("payload.status", code))

        assert update.reason == ""
