"""What once went wrong with odd values, whichever field they are for."""

import base64
from datetime import datetime, timedelta, timezone, tzinfo

import pytest

from saleor_aftersale.graphql import errors
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.values import AftersaleError
from tests import factories, nasty
from tests.factories import Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

REPORT = """query ($channel: String) {
  returnReport(channel: $channel, dateFrom: "2026-06-01", dateTo: "2026-06-30", groupBy: REASON) {
    total { requests }
  }
}"""
REQUESTS = """query ($after: String, $filter: ReturnRequestFilterInput) {
  returnRequests(first: 1, after: $after, filter: $filter) { edges { node { number } } }
}"""
CORRECT = """mutation ($id: ID!, $at: DateTime) {
  shipmentStatusCorrect(id: $id, status: DELIVERED, reason: "Seen", occurredAt: $at) {
    errors { field message code }
  }
}"""
NO_SUCH_OFFSET = "2026-06-01T12:00:00+99:99"
#: Some hosts' own scalar sees it; the others let it through to us.
REFUSED_BY_SCALAR = "got invalid value"


@pytest.fixture
def staff():
    factories.activate()
    factories.ask(factories.delivered_order())
    factories.commit()
    return Api(factories.make_admin())


def test_report_is_empty_when_no_database_holds_the_channels_name(staff):
    assert staff.post(REPORT, channel="\x00") == {"returnReport": {"total": {"requests": 0}}}


@pytest.mark.parametrize(
    "cursor",
    [*nasty.CURSORS[2:], base64.b64encode(b"[" * 200_000).decode()],
    ids=lambda each: each[:9],
)
def test_page_is_refused_or_empty_when_the_cursor_is_none_of_ours(staff, cursor):
    answer = staff.post_raw(REQUESTS, after=cursor)

    messages = [error["message"] for error in answer.get("errors", ())]
    assert messages in ([], ["Received cursor is invalid."])


@pytest.mark.parametrize("field", ["submittedAfter", "submittedBefore", "dueBefore"])
def test_list_is_refused_when_a_time_has_an_offset_that_does_not_exist(staff, field):
    answer = staff.post_raw(REQUESTS, filter={field: NO_SUCH_OFFSET})

    (error,) = answer["errors"]
    assert REFUSED_BY_SCALAR in error["message"] or error["message"] == "There is no such offset."


def test_parcel_is_not_corrected_when_the_time_has_an_offset_that_does_not_exist(staff):
    key = global_id("Shipment", Shipment.objects.get().pk)

    with nothing_changed():
        answer = staff.post_raw(CORRECT, id=key, at=NO_SUCH_OFFSET)

    if "errors" in answer:
        assert REFUSED_BY_SCALAR in answer["errors"][0]["message"]
    else:
        fault = {"field": "occurredAt", "message": "There is no such offset.", "code": "INVALID"}
        assert answer["data"] == {"shipmentStatusCorrect": {"errors": [fault]}}


class BrokenOffset(tzinfo):
    """What the older host's scalar makes of ``+99:99``."""

    def utcoffset(self, _moment):
        return timedelta(hours=99)


@pytest.mark.parametrize(
    "given",
    [
        {"at": datetime(2026, 6, 1, tzinfo=BrokenOffset())},
        {"input": {"events": [{"at": datetime(2026, 6, 1, tzinfo=BrokenOffset())}]}},
        {"at": [datetime(2026, 6, 1, tzinfo=BrokenOffset())]},
    ],
)
def test_arguments_are_refused_when_a_time_in_them_has_no_offset_that_exists(given):
    with pytest.raises(AftersaleError) as refusal:
        errors.check_moments(given)

    found = (refusal.value.field, refusal.value.message, refusal.value.code)
    assert found == ("at", "There is no such offset.", "INVALID")


def test_arguments_are_accepted_when_their_times_exist():
    given = {"at": datetime(1, 1, 1, tzinfo=timezone.utc), "in": [{"at": datetime(2026, 6, 1)}, 1]}

    assert errors.check_moments(given) is None
