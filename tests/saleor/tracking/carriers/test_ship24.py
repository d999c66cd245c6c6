"""Ship24: its payloads, its secret, its pushes at our endpoint."""

import pytest

from saleor_aftersale.tracking.carriers import ship24
from tests.provider_cases import AT, SECRET, ProviderCases

pytestmark = pytest.mark.django_db


class TestShip24Push(ProviderCases):
    provider = "ship24"
    signs_body = False
    texts = (
        "trackings[0].tracker.trackingNumber",
        "trackings[0].shipment.delivery.estimatedDeliveryDate",
        "trackings[0].events[0].status",
        "trackings[0].events[0].statusCode",
        "trackings[0].events[0].statusMilestone",
        "trackings[0].events[0].occurrenceDatetime",
        "trackings[0].events[0].location",
        "trackings[0].events[0].courierCode",
    )
    required = ("trackings[0].tracker.trackingNumber",)

    def news(self, number, *, at=AT, status="IN_TRANSIT", place=""):
        event = {"status": "", "occurrenceDatetime": at, "location": place, "courierCode": "ups"}
        event.update(statusCode=None, statusMilestone=status.lower())
        shipment = {"delivery": {"estimatedDeliveryDate": None}}
        tracking = {"tracker": {"trackingNumber": number}, "shipment": shipment}
        return {"trackings": [{**tracking, "events": [event]}]}

    def headers(self, body, at, secret):
        return {"Authorization": f"Bearer {secret}"}

    def test_push_is_not_let_through_when_the_secret_stands_alone(self):
        for value in (SECRET, f"bearer {SECRET}", f"Basic {SECRET}", f"Bearer  {SECRET}"):
            self.assert_unverified(headers={"Authorization": value})

    def told(self, code, milestone):
        payload = self.changed("trackings[0].events[0].statusCode", code)
        payload["trackings"][0]["events"][0]["statusMilestone"] = milestone
        (update,) = self.parse(payload)
        return update

    def event(self, code, milestone):
        update = self.told(code, milestone)
        return update.status, update.raw_code

    @pytest.mark.parametrize("milestone, status", ship24.STATUS_MAP.items())
    def test_milestone_decides_when_the_code_says_no_more(self, milestone, status):
        assert self.event(None, milestone) == (status, milestone)
        assert self.event("data_delivery_proposed", milestone)[0] is status

    @pytest.mark.parametrize("code, status", ship24.REASON_MAP.items())
    def test_code_wins_when_it_says_more(self, code, status):
        assert self.event(code, "in_transit") == (status, code)

    def test_push_is_unreadable_when_it_has_no_trackings(self):
        with pytest.raises(Exception, match="required"):
            self.parse({"tracking": []})

    def test_nothing_is_told_when_there_is_no_event(self):
        assert self.parse({"trackings": []}) == []

    @pytest.mark.parametrize("code, reason", ship24.INCIDENTS.items())
    def test_code_tells_why_when_it_is_trouble(self, code, reason):
        assert self.told(code, "in_transit").reason == reason.value

    @pytest.mark.parametrize("code", [None, "New"])
    def test_code_tells_no_reason_when_there_is_none(self, code):
        assert self.told(code, "in_transit").reason == ""
