"""The return page's card of money: where a refund stands, its way, and how it comes about."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.host import hooks
from saleor_aftersale.returns import changes, payouts
from saleor_aftersale.returns.models import Refund
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.tracking.actions import revoke_links
from tests import factories, gateway
from tests.factories import CHANNEL, CUSTOMER, IS_3, NOON, STAFF
from tests.saleor.followups.test_templates import NASTY, Page, english_left_in
from tests.saleor.returns.resolving import NOW, approved, decide, for_sale, ready

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

HOW_SOON = "How soon you see the money depends on your bank: usually it takes a few working days."


@pytest.fixture
def order():
    """Three kettles of Boris's for 9.99 euros each and delivery for 5, paid and delivered."""
    factories.activate(return_rules="all | fee 15 %")
    return factories.delivered_order(lines={"Kettle": 3}, unit_price="9.99")


def refunded(order, kind="REFUND_ORIGINAL", quantity=3, terms=None, **asked):
    """A request whose money has gone back."""
    request = ready(order, quantity, **asked)
    decide(request, kind, **(terms or {}))
    factories.commit()
    Refund.objects.filter(settled_at__isnull=False).update(settled_at=NOON)
    return request


def path_of(request, token):
    rest = f"return/{token}/{request.number}/"
    return hooks.page_path(PLUGIN_ID, CHANNEL, rest)


def page_of(client, order, request, language="en"):
    path = path_of(request, factories.token_of(order))
    return client.get(path, {"language": language}).content.decode().replace("&#39;", "&#x27;")


def card_of(page):
    """HTML of the card; empty where there is none."""
    found = re.search(r'<section class="card" aria-labelledby="refunds">.*?</section>', page, re.S)
    return found.group(0) if found else ""


def words_of(html):
    return re.sub(r"\s+", " ", Page(html.replace("><", "> <")).text).strip()


def sum_of(page):
    """Each row of the sum: its words and its amount."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td></tr>', page, re.S)
    return [(words_of(label), amount) for label, amount in rows]


# How an amount comes about


def test_withdrawal_shows_delivery_and_the_deduction_with_its_reason(client, order):
    request = refunded(order, lost_value=Decimal("0.125"), note="Scratched")

    page = page_of(client, order, request)

    assert sum_of(page) == [
        ("Price of the goods", "€29.97"),
        ("Deduction from the price Kettle (12.5%): Scratched", "-€3.75"),
        ("Delivery to you", "€5.00"),
        ("Paid back", "€31.22"),
    ]
    assert "<caption>How the amount comes about</caption>" in page


def test_voluntary_return_shows_its_fee(client, order):
    basis = Basis.GOODWILL_RETURN
    request = refunded(order, basis=basis, lost_value=Decimal("0.5"), note="Worn")

    assert sum_of(page_of(client, order, request)) == [
        ("Price of the goods", "€29.97"),
        ("Deduction from the price Kettle (50%): Worn", "-€14.99"),
        ("Fee for a voluntary return 15%", "-€2.24"),
        ("Paid back", "€12.74"),
    ]


def test_what_was_given_back_before_is_taken_off(client, order):
    basis = Basis.NON_CONFORMITY
    refunded(order, "PRICE_REDUCTION", basis=basis, terms={"amount": Decimal("6.00")})

    request = refunded(order, basis=basis)

    assert sum_of(page_of(client, order, request)) == [
        ("Price of the goods", "€29.97"),
        ("Given back before, or never paid", "-€6.00"),
        ("Paid back", "€23.97"),
    ]


def test_what_was_given_too_little_before_is_added(client, order):
    request = refunded(order, basis=Basis.NON_CONFORMITY)
    Refund.objects.update(amount=Decimal("30.00"))

    assert sum_of(page_of(client, order, request)) == [
        ("Price of the goods", "€29.97"),
        ("Added: less was given back before", "€0.03"),
        ("Paid back", "€30.00"),
    ]


def test_reason_of_a_deduction_is_text(client, order):
    order.lines.update(product_name="Kettle <i>")
    request = refunded(order, lost_value=Decimal("0.5"), note=f"First\n{NASTY[:200]}")

    page = page_of(client, order, request)

    tags = [tag for tag, _ in Page(page).tags]
    assert [tag for tag in tags if tag in ("script", "style", "iframe", "i")] == []
    assert "Kettle &lt;i&gt; (50%): First<br>" in page
    assert "<script>alert(1)</script>" in Page(page).text


@pytest.mark.parametrize(
    ("language", "currency", "sums"),
    [
        ("pl", "EUR", ["29,97 €", "-3,75 €", "5,00 €", "31,22 €"]),
        ("bg", "EUR", ["29,97 €", "-3,75 €", "5,00 €", "31,22 €"]),
        ("ru", "EUR", ["29,97 €", "-3,75 €", "5,00 €", "31,22 €"]),
        ("pl", "PLN", ["29,97 zł", "-3,75 zł", "5,00 zł", "31,22 zł"]),
        ("en", "PLN", ["PLN29.97", "-PLN3.75", "PLN5.00", "PLN31.22"]),
    ],
)
def test_money_is_in_the_shops_currency_and_the_pages_language(
    client, order, language, currency, sums
):
    request = refunded(order, lost_value=Decimal("0.125"), note="Scratched")
    Refund.objects.update(currency=currency)

    found = sum_of(page_of(client, order, request, language))

    assert [amount.replace("\xa0", " ") for _label, amount in found] == sums


def test_amount_named_by_the_shop_has_no_sum(client, order):
    request = refunded(order, "GOODWILL", terms={"amount": Decimal("4.00")})

    page = page_of(client, order, request)

    assert '<dt>Amount</dt><dd class="number">€4.00</dd>' in page
    assert sum_of(page) == []


def test_sum_is_gone_while_the_request_is_judged_anew(client, order):
    request = refunded(order)
    changes.reopen_return(
        str(request.pk), CUSTOMER, settings_of(CHANNEL), note="The lid too", now=NOW
    )

    page = page_of(client, order, request)

    assert "Money refunded" in page
    assert sum_of(page) == []


# Where it stands


def test_settled_refund_tells_when_and_which_way(client, order):
    request = refunded(order, basis=Basis.NON_CONFORMITY)

    card = card_of(page_of(client, order, request))

    assert words_of(card) == (
        "Your money Money refunded Amount €29.97 Date 1 June 2026, 12:00 UTC+00:00 "
        f"Way of payment The way you paid {HOW_SOON} How the amount comes about "
        "Price of the goods €29.97 Paid back €29.97"
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("DUE", "To be paid back soon"),
        ("STARTED", "Being paid back now"),
        ("REQUESTED", "Being paid back: the payment provider is working on it"),
        ("FAILED", "Paying it back didn't work. We take care of it."),
        ("GIVEN_UP", "We are finding out with the payment provider where it is."),
    ],
)
def test_unsettled_refund_tells_where_it_stands(client, order, state, words):
    request = refunded(order, basis=Basis.NON_CONFORMITY)
    Refund.objects.update(state=state, error="Card of Boris expired")

    card = card_of(page_of(client, order, request))

    assert words_of(card) == (
        f"Your money {words} Amount €29.97 Way of payment The way you paid "
        "How the amount comes about Price of the goods €29.97 Amount €29.97"
    )


def test_providers_words_are_for_staff(client, order):
    gateway.answers.append("Card of Boris expired")
    request = refunded(order)

    page = page_of(client, order, request)

    assert Refund.objects.get().error == "Card of Boris expired"
    assert "Paying it back didn&#x27;t work. We take care of it." in page
    assert "expired" not in page


def test_transfer_is_shown_as_one(client, order):
    request = refunded(order, "REFUND_BANK", terms={"customer_agreed": True})
    before = words_of(card_of(page_of(client, order, request)))
    payouts.settle_by_hand(str(request.pk), STAFF, reference="TR 7/2026", now=NOON)

    after = words_of(card_of(page_of(client, order, request)))

    assert before.startswith(
        "Your money To be paid back soon Amount €34.97 Way of payment Bank transfer How"
    )
    assert after.startswith(
        "Your money Money refunded Amount €34.97 Date 1 June 2026, 12:00 UTC+00:00 "
        "Way of payment Bank transfer How"
    )
    assert "TR 7/2026" not in after


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no store credit")
def test_credit_is_shown_as_one(client, order):
    request = refunded(order, "STORE_CREDIT", terms={"customer_agreed": True})

    card = words_of(card_of(page_of(client, order, request)))

    assert card.startswith(
        "Your money Credit given Amount €34.97 Date 1 June 2026, 12:00 UTC+00:00 "
        "Way of payment Credit to spend in the shop How"
    )


def test_money_set_off_is_told_apart_from_what_goes_back(client, order):
    request = ready(order, 1)
    choices = {request.lines.get().pk: str(for_sale("7.50").pk)}
    decide(request, "EXCHANGE_OTHER", choices=choices)
    factories.commit()
    Refund.objects.update(settled_at=NOON)

    page = page_of(client, order, request)

    at = "Date 1 June 2026, 12:00 UTC+00:00"
    assert words_of(card_of(page)) == (
        "Your money "
        f"Payment 1 of 2 Used for the goods you chose instead Amount €7.50 {at} "
        "Way of payment Counted towards other goods "
        f"Payment 2 of 2 Money refunded Amount €2.49 {at} Way of payment The way you paid "
        f"{HOW_SOON}"
    )
    assert sum_of(page) == []


def test_decision_that_was_replaced_promises_nothing(client, order):
    gateway.answers.append("Card expired")
    request = refunded(order, "GOODWILL", terms={"amount": Decimal("4.00")})
    decide(request, "GOODWILL", amount=Decimal("3.00"))
    factories.commit()

    page = page_of(client, order, request)

    assert Refund.objects.count() == 2
    assert re.findall(r"€\d+\.\d\d", page) == ["€3.00"]
    assert "work" not in words_of(card_of(page)).replace(HOW_SOON, "")


def test_request_without_a_refund_has_no_card(client, order):
    refunded(order, quantity=1)
    request = approved(order, 1)

    page = page_of(client, order, request)

    assert Refund.objects.count() == 1
    assert card_of(page) == ""
    assert "€" not in page


@pytest.mark.parametrize("language", ["pl", "bg", "ru"])
@pytest.mark.parametrize("state", ["DUE", "STARTED", "REQUESTED", "SETTLED", "FAILED", "GIVEN_UP"])
def test_card_has_no_english_left_when_translated(client, order, language, state):
    basis = Basis.GOODWILL_RETURN
    request = refunded(order, basis=basis, lost_value=Decimal("0.5"), note="—")
    Refund.objects.update(state=state)

    card = card_of(page_of(client, order, request, language))

    assert card
    assert english_left_in(words_of(card)) == []


# Who may see it


def test_owner_sees_the_same_as_a_guest(client):
    factories.activate()
    annas = factories.delivered_order(user=factories.make_customer())
    request = refunded(annas, quantity=1)

    assert sum_of(page_of(client, annas, request)) == [
        ("Price of the goods", "€10.00"),
        ("Delivery to you", "€5.00"),
        ("Paid back", "€15.00"),
    ]


def test_stranger_reads_nothing_of_the_money(client, order):
    request = refunded(order, lost_value=Decimal("0.5"), note="Scratched")
    strangers = factories.delivered_order(NOON, email="eve@example.com")
    revoked = factories.token_of(order)
    revoke_links(str(order.pk))

    tokens = (factories.token_of(strangers), revoked, "x", request.number)
    answers = [client.get(path_of(request, token)) for token in tokens]

    assert [answer.status_code for answer in answers] == [404] * 4
    told = "".join(answer.content.decode() for answer in answers)
    assert "€" not in told
    assert "Scratched" not in told


def test_number_of_queries_is_the_same_for_more_refunds(client, order):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = page_of(client, order, request)
        return page.count("<dt>Amount</dt>"), len(captured)

    request = refunded(order)
    queries()
    one = queries()
    for number in range(3):
        row = Refund.objects.latest("pk")
        row.pk, row.key = None, f"{row.key}-{number}"
        row.settled_at = NOON + timedelta(hours=number)
        row.save()
    four = queries()

    assert (one[0], four[0]) == (1, 4)
    assert one[1] == four[1]
