"""The merchant's return settings, as they are saved and as they decide."""

import logging
from datetime import date, timedelta

import pytest
from django.utils import timezone
from saleor.product.models import Category

from saleor_aftersale.config import check, settings_of, typed
from saleor_aftersale.host import products
from saleor_aftersale.returns import policy, queries
from saleor_aftersale.returns.actions import LineRefused
from saleor_aftersale.returns.policy import Basis, Payer, Refusal
from saleor_aftersale.returns.shop_rules import Condition, ShopRule
from saleor_aftersale.tracking.queries import parcels_by_order
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, IS_3, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


def decide(order, now=None):
    """Decisions on an order's lines by product name, under the settings saved."""
    seen = factories.host_order(order)
    parcels = parcels_by_order([seen])[seen.ref]
    requests = queries.requests_by_order([seen.ref])[seen.ref]
    settings = settings_of(seen.channel)
    found = queries.decisions(seen, parcels, requests, settings, now or timezone.now())
    return {line.product_name: found[line.ref] for line in seen.lines}


def delivered_yesterday(**order):
    return factories.delivered_order(timezone.now() - timedelta(days=1), **order)


def product_of(order, name="Kettle"):
    return order.lines.get(product_name=name).variant.product


# Saving


def test_settings_are_typed_when_they_are_saved():
    factories.activate(
        return_rules="country: PL | goodwill 7",
        return_methods="IN_STORE, OWN_CARRIER",
        extra_resolutions="STORE_CREDIT",
        customers_informed="False",
        withdrawal_for_companies="",
        legal_profiles="RU",
    )

    settings = settings_of(CHANNEL)

    in_poland = Condition("country", frozenset({"PL"}))
    assert settings.return_rules == (ShopRule((in_poland,), {"goodwill_days": 7}),)
    assert queries.policy_of(settings) == policy.Policy(
        return_window_days=14,
        customers_informed=False,
        withdrawal_for_companies=False,
        profiles=frozenset({"RU"}),
        methods=("IN_STORE", "OWN_CARRIER"),
        extra_resolutions=("STORE_CREDIT",),
    )


@pytest.mark.parametrize(
    "name, raw, message",
    [
        (
            "return_rules",
            "all | goodwill 7\nall | withdrawal 7",
            "Line 2: withdrawal 7 is less than the law's 14 days.",
        ),
        ("return_methods", " ", "Name at least one way for goods to come back."),
        ("customers_informed", "perhaps", "Write true or false."),
        ("legal_profiles", "PL", "Unknown country: PL. Known: RU."),
        (
            "extra_resolutions",
            "REPAIR",
            "Unknown resolution: REPAIR. Known: REFUND_BANK, STORE_CREDIT, EXCHANGE_SAME, "
            "EXCHANGE_VARIANT, EXCHANGE_OTHER.",
        ),
    ],
)
def test_setting_is_refused_with_a_sentence_at_its_field(name, raw, message):
    assert check({name: raw}) == {name: message}


@pytest.mark.parametrize(
    "stored, is_on", [(True, True), (False, False), ("true", True), ("false", False), ("", False)]
)
def test_switch_is_read_as_any_host_stores_it(stored, is_on):
    assert check({"customers_informed": stored}) == {}
    assert typed(True, {"customers_informed": stored}).customers_informed is is_on


# Deciding


def test_rule_decides_on_the_products_of_a_category_and_those_below_it():
    factories.activate(return_rules="category: Clothing | goodwill 0 | exception E")
    order = delivered_yesterday(lines={"Body": 1, "Cup": 1})
    clothing = Category.objects.create(name="Clothing", slug="clothing")
    product = product_of(order, "Body")
    product.category = Category.objects.create(name="Body", slug="body", parent=clothing)
    product.save()

    found = decide(order)

    assert found["Body"].option(Basis.WITHDRAWAL).refusals == (Refusal.EXCEPTION_16_E,)
    assert found["Body"].proposed is Basis.NON_CONFORMITY
    assert found["Cup"].proposed is Basis.WITHDRAWAL


def test_price_of_a_rule_is_that_of_one_piece():
    factories.activate(return_rules="price: > 10 | goodwill 0")

    cheap = decide(delivered_yesterday(lines={"Kettle": 3}, unit_price="10.00"))
    dear = decide(delivered_yesterday(lines={"Kettle": 1}, unit_price="10.01"))

    assert cheap["Kettle"].option(Basis.GOODWILL_RETURN).is_open
    assert not dear["Kettle"].option(Basis.GOODWILL_RETURN).is_open


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_rule_of_one_channel_says_nothing_in_another():
    factories.activate(return_rules="all | goodwill 0")
    factories.activate(channel="other")

    here, there = (delivered_yesterday(channel=channel) for channel in (CHANNEL, "other"))

    assert not decide(here)["Kettle"].option(Basis.GOODWILL_RETURN).is_open
    assert decide(there)["Kettle"].option(Basis.GOODWILL_RETURN).is_open


def test_product_and_its_type_say_more_than_the_setting():
    factories.activate(return_rules="all | warranty 6 | exception B")
    order = delivered_yesterday(lines={"Kettle": 1, "Cup": 1})
    kettle, kind = product_of(order), product_of(order, "Cup").product_type
    kettle.metadata = {"aftersale.warranty_months": "36", "aftersale.exception": "none"}
    kettle.save()
    kind.metadata = {"aftersale.exception": "C"}
    kind.save()

    found = decide(order)

    day = found["Kettle"].option(Basis.NON_CONFORMITY).until
    assert found["Kettle"].option(Basis.WITHDRAWAL).is_open
    assert found["Kettle"].option(Basis.COMMERCIAL_WARRANTY).until.year == day.year + 1
    assert found["Cup"].option(Basis.WITHDRAWAL).refusals == (Refusal.EXCEPTION_16_C,)


def test_unknown_letter_refuses_nothing_and_is_logged_once(caplog):
    factories.activate()
    order = delivered_yesterday()
    product = product_of(order)
    product.metadata = {"aftersale.exception": "X"}
    product.save()

    with caplog.at_level(logging.WARNING, logger="saleor_aftersale"):
        found = [decide(order), decide(order)]

    assert all(item["Kettle"].option(Basis.WITHDRAWAL).is_open for item in found)
    own = [record for record in caplog.records if record.name.startswith("saleor_aftersale")]
    assert [record.getMessage() for record in own] == [
        f"Ignored in the metadata of product {product.pk}: "
        "aftersale.exception: there is no exception 'X'."
    ]


def test_rules_of_the_country_still_hold_when_the_product_is_gone():
    factories.activate(return_rules="product: Kettle | exception C\ncountry: PL | goodwill 0")
    order = delivered_yesterday()
    product_of(order).delete()

    found = decide(order)["Kettle"]

    assert found.option(Basis.WITHDRAWAL).is_open
    assert found.option(Basis.GOODWILL_RETURN).refusals == (Refusal.FINAL_SALE_GOODWILL_ONLY,)


@pytest.mark.parametrize(
    "company, permitted, is_open",
    [
        ("Anna sp. z o.o.", "false", False),
        ("Anna sp. z o.o.", "true", True),
        (" ", "false", True),
    ],
)
def test_company_in_the_bill_withdraws_unless_the_shop_says_no(company, permitted, is_open):
    factories.activate(withdrawal_for_companies=permitted)
    order = delivered_yesterday()
    order.billing_address.company_name = company
    order.billing_address.save()

    found = decide(order)["Kettle"]

    assert found.option(Basis.WITHDRAWAL).is_open is is_open
    assert found.option(Basis.GOODWILL_RETURN).is_open


def test_payer_and_extras_come_from_the_settings():
    factories.activate(
        return_rules="all | merchant pays withdrawal", extra_resolutions="EXCHANGE_SAME"
    )

    found = decide(delivered_yesterday())["Kettle"].option(Basis.WITHDRAWAL)

    assert found.payer is Payer.MERCHANT
    assert found.resolutions == ("REFUND_ORIGINAL", "EXCHANGE_SAME")


# Delivery


def test_withdrawal_counts_from_the_last_parcel_and_guarantee_from_the_lines_own():
    factories.activate()
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    now = timezone.now() + timedelta(days=30)
    first = factories.fulfill(order, {"Kettle": 1}, tracking_number="A1")
    last = factories.fulfill(order, {"Cup": 1}, tracking_number="B2")
    factories.scan(first, ShipmentStatus.DELIVERED, now - timedelta(days=20))

    while_one_is_missing = decide(order, now)
    factories.scan(last, ShipmentStatus.DELIVERED, now - timedelta(days=2))
    at_the_end = decide(order, now)

    kettle = while_one_is_missing["Kettle"]
    assert kettle.option(Basis.WITHDRAWAL).until is None
    assert isinstance(kettle.option(Basis.NON_CONFORMITY).until, date)
    assert at_the_end["Kettle"].option(Basis.WITHDRAWAL).is_open
    ends = [at_the_end[name].option(Basis.NON_CONFORMITY).until for name in ("Kettle", "Cup")]
    assert ends[0] < ends[1]


def test_pieces_left_are_never_negative_when_more_came_back_than_was_sent():
    factories.activate()
    order = delivered_yesterday(lines={"Kettle": 2})
    factories.ask(order, 2, now=timezone.now())
    line = order.lines.get()
    line.quantity_fulfilled = 1
    line.save()

    found = decide(order)["Kettle"]

    assert found.quantity == 0
    assert {option.quantity for option in found.options} == {0}


# Asking


def test_request_is_refused_with_the_exceptions_code_and_nothing_is_written():
    factories.activate(return_rules="all | exception C")
    order = delivered_yesterday()
    factories.keep(order)

    with nothing_changed(), pytest.raises(LineRefused) as refused:
        factories.ask(order, now=timezone.now(), basis=Basis.WITHDRAWAL)

    assert refused.value.code == "EXCEPTION_16_C"
    assert str(refused.value) == "This can't be returned as WITHDRAWAL: EXCEPTION_16_C."


def test_request_without_a_basis_takes_the_best_open_one_when_withdrawal_is_excepted():
    factories.activate(return_rules="all | exception C")

    request = factories.ask(delivered_yesterday(), now=timezone.now())

    assert request.lines.get().basis == "NON_CONFORMITY"


def test_products_are_loaded_once_when_they_are_given():
    factories.activate()
    order = factories.host_order(delivered_yesterday())
    found = products.load_products([order.lines[0].ref], using="default")

    decisions = queries.decisions(
        order, [], [], settings_of(CHANNEL), timezone.now(), products=found
    )

    assert list(decisions) == [order.lines[0].ref]
