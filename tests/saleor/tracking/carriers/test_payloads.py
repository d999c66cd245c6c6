"""Times and promises as vendors write them."""

import pytest

from saleor_aftersale.tracking.carriers import payloads
from saleor_aftersale.tracking.carriers.base import BadPayload


@pytest.mark.parametrize(
    "written, moment",
    [
        ("2026-06-01T12:00:00Z", "2026-06-01T12:00:00+00:00"),
        ("2026-06-01T12:00:00.123456789Z", "2026-06-01T12:00:00+00:00"),
        ("2026-06-01 12:00:00 +0200", "2026-06-01T12:00:00+02:00"),
        ("2026-06-01T12:00-05:30", "2026-06-01T12:00:00-05:30"),
        ("2026-06-01T12:00:00", "2026-06-01T12:00:00+00:00"),
        (" 2026-06-01 ", "2026-06-01T00:00:00+00:00"),
    ],
)
def test_moment_is_read_when_written_as_vendors_do(written, moment):
    assert payloads.moment({"at": written}, "at").isoformat() == moment


@pytest.mark.parametrize("data", [{}, {"at": None}, {"at": ""}, {"at": "  "}])
def test_moment_is_none_when_there_is_nothing(data):
    assert payloads.moment(data, "at") is None


@pytest.mark.parametrize(
    "written, message",
    [
        ("yesterday", "Write a time in ISO 8601."),
        ("1780315200", "Write a time in ISO 8601."),
        ("２０２６-06-01", "Write a time in ISO 8601."),
        ("2026-02-30", "There is no such time."),
        ("2026-06-01T24:00:00Z", "There is no such time."),
        ("2026-06-01T12:00:00+99:00", "There is no such time."),
        ("0001-01-01T00:00:00+14:00", "This time is out of range."),
        ("9999-12-31T23:59:59-12:00", "This time is out of range."),
    ],
)
def test_moment_is_refused_when_it_is_none(written, message):
    with pytest.raises(BadPayload) as refused:
        payloads.moment({"at": written}, "at", "events[0]")

    assert (refused.value.field, refused.value.message) == ("events[0].at", message)


DAY = ("2026-06-01T00:00:00+00:00", "2026-06-01T23:59:59+00:00")


@pytest.mark.parametrize(
    "first, last, whole_day, expected",
    [
        (None, None, True, (None, None)),
        ("2026-06-01", None, True, (None, None)),
        ("2026-06-01", "2026-06-01", False, DAY),
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", True, DAY),
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", False, (None, DAY[0])),
        ("2026-06-01T09:00:00Z", "2026-06-01T09:00:00Z", True, (None, "2026-06-01T09:00:00+00:00")),
        (None, "2026-06-01T09:00:00Z", True, (None, "2026-06-01T09:00:00+00:00")),
        # A range that ends before it begins is a promise of its end.
        ("2026-06-02", "2026-06-01", True, (None, DAY[1])),
    ],
)
def test_promise_is_a_range_when_a_day_is_named(first, last, whole_day, expected):
    data = {"from": first, "to": last}

    promised = payloads.promise(data, "", "from", "to", whole_day=whole_day)

    assert tuple(moment and moment.isoformat() for moment in promised) == expected
