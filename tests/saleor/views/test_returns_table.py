"""The table of return requests: behind a signed link, safe to open, streamed."""

import asyncio
import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from saleor_aftersale.access import sign_link
from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.host import hooks
from saleor_aftersale.returns import report_csv, report_links, reports
from saleor_aftersale.returns.models import Refund, ReturnLine
from saleor_aftersale.views import reports as views
from tests import factories
from tests.factories import CHANNEL, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

JUNE = reports.period(date(2026, 6, 1), date(2026, 6, 30), [CHANNEL])
HOUR = timedelta(hours=1)


@pytest.fixture
def request_row():
    factories.activate()
    request = factories.ask(factories.delivered_order(lines={"Kettle": 2}), 2)
    factories.commit()
    return request


def token(channel=CHANNEL, of=JUNE, expires_in=HOUR):
    return report_links.sign_table(channel, of, expires_at=timezone.now() + expires_in)


def load(signed=None, method="get"):
    path = hooks.page_path(PLUGIN_ID, CHANNEL, f"reports/returns/{signed or token()}")
    return getattr(Client(), method)(path)


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_table_has_a_row_for_each_line(request_row):
    response = load()

    (row,) = rows_of(response)
    line = request_row.lines.get()
    assert row == {
        "request": request_row.number,
        "order": request_row.order.number,
        "channel": CHANNEL,
        "submitted_at_utc": "2026-06-02 12:00:00",
        "received_at_utc": "",
        "state": "SUBMITTED",
        "resolution": request_row.resolution,
        "product": "Kettle",
        "sku": line.sku,
        "basis": "WITHDRAWAL",
        "reason": "",
        "line_state": "REQUESTED",
        "quantity": "2",
        "approved_quantity": "0",
        "received_quantity": "0",
        "accepted_quantity": "0",
        "unit_price": "10",
        "currency": "EUR",
        "request_refunded": "",
        "request_refunded_at_utc": "",
    }


def test_table_is_loaded_as_a_file_that_nobody_keeps(request_row):
    response = load()

    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    name = 'attachment; filename="returns-2026-06-01-2026-06-30.csv"'
    assert response["Content-Disposition"] == name
    assert response["Cache-Control"] == "private, no-store"


def test_refund_is_shown_once_for_a_request_of_two_lines(request_row):
    line = request_row.lines.get()
    line.pk, line.product_name = None, "Mug"
    line.save()
    Refund.objects.create(
        request=request_row,
        key="1",
        amount=Decimal("30.5"),
        currency="EUR",
        state="SETTLED",
        created_at=NOON,
        settled_at=NOON,
    )

    rows = rows_of(load())

    assert [(row["product"], row["request_refunded"]) for row in rows] == [
        ("Kettle", "30.5"),
        ("Mug", ""),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_is_no_formula_when_it_starts_like_one(request_row, start):
    ReturnLine.objects.update(product_name=start + "HYPERLINK(1)")

    (row,) = rows_of(load())

    assert row["product"].rstrip() == "'" + start + "HYPERLINK(1)"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-5, -5),
        (Decimal("-5.50"), "-5.5"),
        (Decimal("100"), "100"),
        (None, None),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_numbers_stay_numbers(value, cell):
    assert report_csv.cell_of(value) == cell


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_every_request_is_there_once_when_read_in_chunks(request_row, monkeypatch, number):
    monkeypatch.setattr(report_csv, "CHUNK", 2)
    for _ in range(number - 1):
        factories.ask(factories.delivered_order())

    numbers = [row["request"] for row in rows_of(load())]

    assert len(set(numbers)) == len(numbers) == number


def test_request_of_another_time_or_channel_is_not_in_it(request_row):
    may = reports.period(date(2026, 5, 1), date(2026, 5, 31), [CHANNEL])
    response = load(token(of=may))
    type(request_row).objects.update(channel="other")

    assert rows_of(response) == []
    assert rows_of(load()) == []


@pytest.mark.parametrize(
    ("signed", "status"),
    [
        (lambda: token(expires_in=-HOUR), 403),
        (lambda: token()[:-1] + "_", 403),
        (lambda: "x", 403),
        (lambda: sign_link("1", 1, expires_at=timezone.now() + HOUR), 403),
        (lambda: token(channel="other"), 404),
    ],
    ids=["expired", "changed", "no token", "link to an order", "another channel"],
)
def test_table_is_refused_without_a_link_to_it(request_row, signed, status):
    response = load(signed())

    assert response.status_code == status
    assert request_row.number not in response.content.decode()


def test_table_is_refused_when_the_plugin_is_switched_off(request_row):
    signed = token()
    factories.activate(active=False)

    assert load(signed).status_code == 404


def test_head_reads_nothing(request_row):
    response = load(method="head")

    assert (response.status_code, b"".join(response.streaming_content)) == (200, b"")


def test_post_is_no_way_to_load_it(request_row):
    assert load(method="post").status_code in (403, 404)


def test_parts_are_sent_one_by_one_when_the_server_is_asynchronous(request_row, monkeypatch):
    if not hasattr(StreamingHttpResponse, "__aiter__"):
        pytest.skip("This Django iterates in the ordinary way there too.")
    read = []

    def parts(*_arguments):
        for number in range(3):
            read.append(number)
            yield b"%d" % number

    monkeypatch.setattr(report_csv, "table", parts)
    request = RequestFactory().get("/")
    request.scope = {}
    response = views.returns_table(request, token(), CHANNEL)

    async def first():
        async for part in response:
            return part

    assert response.is_async
    assert asyncio.run(first()) == b"0"
    assert read == [0]


def test_parts_are_an_ordinary_iterator_when_the_server_is_not(request_row):
    response = views.returns_table(RequestFactory().get("/"), token(), CHANNEL)

    assert not getattr(response, "is_async", False)
    assert isinstance(next(iter(response.streaming_content)), bytes)


def test_link_says_what_it_was_made_for():
    claims = report_links.read_table(token(), datetime.now(tz=NOON.tzinfo))

    assert claims == report_links.TableClaims(CHANNEL, JUNE)
