"""17TRACK: its payloads, its signature, its pushes at our endpoint."""

import hashlib

import pytest

from saleor_aftersale.tracking.carriers import seventeentrack
from tests.provider_cases import AT, ProviderCases

pytestmark = pytest.mark.django_db

EVENT = "data.track_info.tracking.providers[0].events[0]"


class TestSeventeentrackPush(ProviderCases):
    provider = "17track"
    texts = (
        "event",
        "data.number",
        "data.track_info.latest_status.status",
        "data.track_info.tracking.providers[0].provider.alias",
        f"{EVENT}.sub_status",
        f"{EVENT}.stage",
        f"{EVENT}.time_iso",
        f"{EVENT}.description",
        f"{EVENT}.location",
    )
    required = ("event", "data.number")

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        code = {"IN_TRANSIT": "InTransit_Other", "DELIVERED": "Delivered_Other"}
        event = {"time_iso": at, "description": "", "location": place, "stage": None}
        event["sub_status"] = code.get(status, status)
        provider = {"provider": {"key": 100002, "alias": "UPS"}, "events": [event]}
        info = {"latest_status": {"status": "InTransit"}, "tracking": {"providers": [provider]}}
        return {"event": "TRACKING_UPDATED", "data": {"number": number, "track_info": info}}

    def headers(self, body, at, secret):
        return {"sign": hashlib.sha256(body + b"/" + secret.encode()).hexdigest()}

    def told(self, code, stage=None):
        payload = self.changed(f"{EVENT}.sub_status", code)
        event = payload["data"]["track_info"]["tracking"]["providers"][0]["events"][0]
        event["stage"] = stage
        (update,) = self.parse(payload)
        return update

    def event(self, code, stage=None):
        update = self.told(code, stage)
        return update.status, update.raw_code

    @pytest.mark.parametrize("word, status", seventeentrack.STATUS_MAP.items())
    def test_main_status_decides_when_the_sub_status_says_no_more(self, word, status):
        assert self.event(f"{word}_Other") == (status, f"{word}_Other")
        assert self.event(f"{word}_BrandNew") == (status, f"{word}_BrandNew")
        assert self.event(None, word) == (status, word)

    @pytest.mark.parametrize("code, status", seventeentrack.REASON_MAP.items())
    def test_sub_status_wins_when_it_says_more(self, code, status):
        assert self.event(code, "Delivered") == (status, code)

    @pytest.mark.parametrize("code, stage", [("Exception_New", None), (None, "New"), ("New", None)])
    def test_word_is_unknown_when_it_is_new(self, code, stage):
        status, raw_code = self.event(code, stage)

        assert (status.value, raw_code) == ("UNKNOWN", code or stage)

    def test_push_of_the_old_api_is_unreadable(self):
        with pytest.raises(Exception, match=r"use API v2\.2 or later"):
            self.parse(self.changed("data.track_info", None))

    @pytest.mark.parametrize("code, reason", seventeentrack.INCIDENTS.items())
    def test_code_tells_why_when_it_is_trouble(self, code, reason):
        assert self.told(code, "Delivered").reason == reason.value

    @pytest.mark.parametrize("code", [None, "New"])
    def test_code_tells_no_reason_when_there_is_none(self, code):
        assert self.told(code, "Delivered").reason == ""
