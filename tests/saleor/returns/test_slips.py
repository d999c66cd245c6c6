"""The return slip: which pieces stand on it, its code, and the PDF."""

import sys
from datetime import timedelta

import pytest

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, methods, queries, slips
from saleor_aftersale.returns.bases import Basis
from saleor_aftersale.values import Unsupported
from tests import factories
from tests.factories import CHANNEL, NOON, STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

WORDS = dict.fromkeys(
    ("title", "number", "order", "enclose", "quantity", "product", "sku", "send_to"), "Слово"
)


@pytest.fixture
def request_row():
    factories.activate(return_instructions="Magazyn\nŁódź")
    order = factories.delivered_order(lines={"Чайник #panic() *x*": 3})
    return factories.ask(order, 3, basis=Basis.GOODWILL_RETURN)


def slip_of(row):
    fresh = queries.get_request(str(row.pk))
    return slips.slip_of(fresh, methods.way_back(fresh, None, settings_of(CHANNEL)))


def approved(row, quantity):
    line = row.lines.get()
    actions.approve_return(
        str(row.pk), STAFF, quantities={line.pk: quantity}, now=NOON + timedelta(days=2)
    )
    return row


def test_slip_holds_what_was_approved(request_row):
    slip = slip_of(approved(request_row, 2))

    line = request_row.lines.get()
    assert slip._replace(qr_svg="") == slips.Slip(
        number=request_row.number,
        order_number=request_row.order.number,
        lines=(slips.SlipLine(2, "Чайник #panic() *x*", line.sku),),
        instructions="Magazyn\nŁódź",
        qr_svg="",
    )


def test_slip_of_a_withdrawal_holds_what_was_stated():
    factories.activate()
    row = factories.ask(factories.delivered_order(lines={"Kettle": 2}), 2)

    assert [line.quantity for line in slip_of(row).lines] == [2]


def test_code_is_drawn_without_style_and_on_white(request_row):
    svg = slip_of(approved(request_row, 1)).qr_svg

    assert svg.startswith("<svg ")
    assert 'fill="#fff"' in svg
    assert "style" not in svg
    assert "script" not in svg


def test_pdf_takes_names_as_words_not_as_markup(request_row):
    pytest.importorskip("typst")

    content = slips.pdf_of(slip_of(approved(request_row, 1)), WORDS, "bg")

    assert content.startswith(b"%PDF-")
    assert len(content) > 5000


def test_pdf_is_not_there_without_the_extra(request_row, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)

    with pytest.raises(Unsupported) as caught:
        slips.pdf_of(slip_of(approved(request_row, 1)), WORDS, "bg")

    assert caught.value.message == (
        "There is no PDF: install saleor-aftersale[pdf], or print the page."
    )
