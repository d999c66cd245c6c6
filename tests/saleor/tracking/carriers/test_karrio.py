"""Karrio: its payloads, its secret, its pushes at our endpoint."""

import pytest

from saleor_aftersale.tracking.carriers import karrio
from tests.provider_cases import AT, ProviderCases

pytestmark = pytest.mark.django_db


class TestKarrioPush(ProviderCases):
    provider = "karrio"
    signs_body = False
    texts = (
        "event",
        "data.tracking_number",
        "data.carrier_name",
        "data.estimated_delivery",
        "data.events[0].status",
        "data.events[0].code",
        "data.events[0].reason",
        "data.events[0].description",
        "data.events[0].location",
        "data.events[0].timestamp",
    )
    required = ("event", "data.tracking_number")

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        event = {"date": at[:10], "time": "12:00", "timestamp": at, "description": ""}
        event.update(status=status.lower(), code=None, reason=None, location=place)
        tracker = {"tracking_number": number, "carrier_name": "ups", "status": "pending"}
        return {"event": "tracker_updated", "data": {**tracker, "events": [event]}}

    def headers(self, body, at, secret):
        return {"X-Event-Id": secret}

    def event(self, **more):
        payload = self.changed("data.status", more.pop("parcel", "pending"))
        payload["data"]["events"][0].update(more)
        (update,) = self.parse(payload)
        return update

    @pytest.mark.parametrize("word, status", karrio.STATUS_MAP.items())
    def test_status_decides_when_there_is_no_reason(self, word, status):
        update = self.event(status=word, code="DP")

        assert (update.status, update.raw_code) == (status, "DP")
        assert self.event(status=None, code="DP", parcel=word).status is status

    @pytest.mark.parametrize("reason, status", karrio.REASON_MAP.items())
    def test_reason_refines_only_what_leaves_room_for_it(self, reason, status):
        assert self.event(status="delivery_failed", reason=reason).status is status
        assert self.event(status="delivered", reason=reason).status.value == "DELIVERED"
        assert self.event(status="delivery_failed", reason="new").status.value == "ATTEMPT_FAILED"

    @pytest.mark.parametrize(
        "time, moment",
        [
            ("20:34", "2026-06-01T20:34:00+00:00"),
            ("08:34 PM", "2026-06-01T20:34:00+00:00"),
            ("12:05 am", "2026-06-01T00:05:00+00:00"),
            ("12:05PM", "2026-06-01T12:05:00+00:00"),
            ("", "2026-06-01T00:00:00+00:00"),
            (None, "2026-06-01T00:00:00+00:00"),
        ],
    )
    def test_time_is_put_together_when_there_is_no_timestamp(self, time, moment):
        update = self.event(timestamp=None, date="2026-06-01", time=time)

        assert update.occurred_at.isoformat() == moment

    @pytest.mark.parametrize("time", ["25:00", "13:00 XM", "noon"])
    def test_event_is_unreadable_when_its_time_is_none(self, time):
        with pytest.raises(Exception, match=r"time"):
            self.event(timestamp=None, time=time)

    def test_only_the_newest_event_has_the_parcels_status_when_events_have_none(self):
        payload = self.changed("data.status", "delivered")
        old, new = {"date": "2026-06-01", "code": "A"}, {"date": "2026-06-02", "code": "B"}
        payload["data"]["events"] = [old, new]

        updates = self.parse(payload)

        assert [update.status.value for update in updates] == ["UNKNOWN", "DELIVERED"]

    @pytest.mark.parametrize("word, reason", karrio.INCIDENTS.items())
    def test_reason_is_told_in_our_words_when_it_is_known(self, word, reason):
        assert self.event(status="delivery_failed", reason=word, code="X").reason == reason.value

    @pytest.mark.parametrize("word", [None, "", "unknown", "brand_new"])
    def test_no_reason_is_told_when_it_is_not_known(self, word):
        assert self.event(status="delivery_failed", reason=word).reason == ""
