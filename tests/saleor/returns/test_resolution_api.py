"""Deciding a return request through the API: by whom, with what, and what it answers."""

from decimal import Decimal

import pytest
from django.utils import timezone

from saleor_aftersale.returns import following
from saleor_aftersale.returns.models import Refund
from tests import factories, gateway
from tests.factories import IS_3, Api, global_id, nothing_changed
from tests.saleor.returns.resolving import approved, for_sale, ready

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

FIELDS = """
  state resolution
  refunds { amount { amount currency } state means }
  remedies {
    resolution decidedBy amount { amount } agreedAt agreedBy replacementOrderId
    price { amount } difference { amount } isAwaited doneAt reference
  }
  notices { code text noticedAt }
"""

ANSWER = f"returnRequest {{ {FIELDS} }} errors {{ field code }}"

RESOLVE = f"""mutation (
  $id: ID!, $resolution: ReturnResolution!, $withoutGoods: Boolean, $amount: String,
  $customerAgreed: Boolean, $lines: [ReturnRequestExchangeLineInput!]
) {{
  answer: returnRequestResolve(
    id: $id, resolution: $resolution, withoutGoods: $withoutGoods, amount: $amount,
    customerAgreed: $customerAgreed, lines: $lines
  ) {{ {ANSWER} }}
}}"""

SETTLE = f"""mutation ($id: ID!, $reference: String!) {{
  answer: returnRequestRefundSettle(id: $id, reference: $reference) {{ {ANSWER} }}
}}"""

SENT = f"""mutation ($id: ID!, $reference: String) {{
  answer: returnRequestRemedySent(id: $id, reference: $reference) {{ {ANSWER} }}
}}"""

READ = f"query ($id: ID!) {{ answer: returnRequest(id: $id) {{ {FIELDS} }} }}"


@pytest.fixture
def anna():
    return factories.make_customer()


@pytest.fixture
def order(anna):
    """Two kettles for 10 euros each and delivery for 5, paid and delivered."""
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2}, user=anna)


@pytest.fixture
def clerk():
    return factories.make_staff()


@pytest.fixture
def staff(clerk):
    return Api(clerk)


def key_of(request):
    return global_id("ReturnRequest", request.pk)


def done(api, mutation, request, **variables):
    answer = api.post(mutation, id=key_of(request), **variables)["answer"]
    assert answer["errors"] == []
    return answer["returnRequest"]


def refused(api, mutation, request, **variables):
    """(field, code) of the one error of a mutation that changed nothing."""
    with nothing_changed():
        answer = api.post(mutation, id=key_of(request), **variables)["answer"]
    assert answer["returnRequest"] is None
    (error,) = answer["errors"]
    return error["field"], error["code"]


def test_transfer_is_agreed_then_settled(staff, clerk, order):
    request = ready(order)

    agreed = done(staff, RESOLVE, request, resolution="REFUND_BANK", customerAgreed=True)
    settled = done(staff, SETTLE, request, reference="TR 7")

    assert (agreed["state"], agreed["remedies"][0]["isAwaited"]) == ("RESOLVING", True)
    assert agreed["remedies"][0]["agreedBy"] == clerk.email
    assert settled["state"] == "COMPLETED"
    assert settled["refunds"] == [
        {"amount": {"amount": 25.0, "currency": "EUR"}, "state": "SETTLED", "means": "BANK"}
    ]
    (remedy,) = settled["remedies"]
    assert (remedy["isAwaited"], remedy["reference"]) == (False, "TR 7")


def test_named_amount_is_exact(staff, order):
    request = approved(order)

    answer = done(staff, RESOLVE, request, resolution="PRICE_REDUCTION", amount="4.50")

    assert answer["remedies"][0]["amount"] == {"amount": 4.5}
    assert Refund.objects.get().amount == Decimal("4.500")
    assert gateway.refunds == [Decimal("4.50")]


def test_exchange_shows_order_price_and_difference(staff, order):
    request = ready(order, 1)
    line = {
        "lineId": global_id("ReturnRequestLine", request.lines.get().pk),
        "variantId": global_id("ProductVariant", for_sale("14.00").pk),
    }

    answer = done(staff, RESOLVE, request, resolution="EXCHANGE_OTHER", lines=[line])
    sent = done(staff, SENT, request, reference="1ZBACK")

    (remedy,) = answer["remedies"]
    draft = request.remedies.get().replacement_ref
    assert remedy["replacementOrderId"] == global_id("Order", draft)
    assert (remedy["price"], remedy["difference"]) == ({"amount": 14.0}, {"amount": 4.0})
    assert (sent["state"], sent["remedies"][0]["reference"]) == ("COMPLETED", "1ZBACK")


def test_app_with_permission_may_decide(order):
    _app, token = factories.make_app()
    request = ready(order)

    answer = done(Api(app_token=token), RESOLVE, request, resolution="REFUND_ORIGINAL")

    assert answer["resolution"] == "REFUND_ORIGINAL"
    assert gateway.refunds == [Decimal("25.00")]


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"resolution": "STORE_CREDIT"}, ("customerAgreed", "REQUIRED")),
        ({"resolution": "REFUND_BANK", "customerAgreed": False}, ("customerAgreed", "REQUIRED")),
        ({"resolution": "GOODWILL"}, ("amount", "REQUIRED")),
        ({"resolution": "GOODWILL", "amount": "lots"}, ("amount", "INVALID")),
        ({"resolution": "GOODWILL", "amount": "NaN"}, ("amount", "AMOUNT_EXCEEDED")),
        ({"resolution": "GOODWILL", "amount": "25.01"}, ("amount", "AMOUNT_EXCEEDED")),
        ({"resolution": "GOODWILL", "amount": "1e999999"}, ("amount", "AMOUNT_EXCEEDED")),
        ({"resolution": "REFUND_ORIGINAL", "amount": "1"}, ("amount", "INVALID")),
        ({"resolution": "REFUND_ORIGINAL", "withoutGoods": True}, ("withoutGoods", "INVALID")),
        ({"resolution": "EXCHANGE_OTHER"}, ("lines", "REQUIRED")),
    ],
)
def test_bad_input_is_told_by_code_and_changes_nothing(staff, order, variables, error):
    assert refused(staff, RESOLVE, ready(order), **variables) == error


@pytest.mark.parametrize(
    ("line", "variant", "error"),
    [
        ("ReturnRequestLine", "Order", ("variantId", "NOT_FOUND")),
        ("Order", "ProductVariant", ("lines", "NOT_FOUND")),
    ],
)
def test_ids_of_other_things_are_refused(staff, order, line, variant, error):
    request = ready(order)
    lines = [{"lineId": global_id(line, 1), "variantId": global_id(variant, 1)}]

    assert refused(staff, RESOLVE, request, resolution="EXCHANGE_OTHER", lines=lines) == error


@pytest.mark.skipif(IS_3, reason="3.x has store credit")
def test_store_credit_is_unsupported(staff, order):
    request = ready(order)

    error = refused(staff, RESOLVE, request, resolution="STORE_CREDIT", customerAgreed=True)

    assert error == ("resolution", "UNSUPPORTED")


MUTATIONS = [
    (RESOLVE, {"resolution": "REFUND_ORIGINAL"}),
    (SETTLE, {"reference": "TR 7"}),
    (SENT, {}),
]


@pytest.mark.parametrize(("mutation", "variables"), MUTATIONS)
@pytest.mark.parametrize("person", ["anonymous", "owner", "staff without", "app without"])
def test_decisions_are_for_staff_with_permission(anna, order, mutation, variables, person):
    apis = {
        "anonymous": Api,
        "owner": lambda: Api(anna),
        "staff without": lambda: Api(factories.make_staff(manages_orders=False)),
        "app without": lambda: Api(app_token=factories.make_app(manages_orders=False)[1]),
    }
    request = ready(order)

    assert refused(apis[person](), mutation, request, **variables) == (None, "PERMISSION_DENIED")


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
@pytest.mark.parametrize(("mutation", "variables"), MUTATIONS)
def test_decisions_are_for_staff_of_the_channel(order, mutation, variables):
    api = Api(factories.make_staff(only_channel="other"))

    assert refused(api, mutation, ready(order), **variables) == ("id", "NOT_FOUND")


@pytest.mark.parametrize(("mutation", "variables"), MUTATIONS[1:])
def test_nothing_is_finished_before_it_is_decided(staff, order, mutation, variables):
    error = refused(staff, mutation, ready(order), **variables)

    assert error == (None, "TRANSITION_NOT_ALLOWED")


def test_notices_and_names_are_for_staff_only(staff, anna, order):
    request = ready(order)
    done(staff, RESOLVE, request, resolution="REFUND_BANK", customerAgreed=True)
    order.status = "canceled"
    order.save()
    following.follow_order(str(order.pk), timezone.now())

    seen = staff.post(READ, id=key_of(request))["answer"]
    customers = Api(anna).post(READ, id=key_of(request))["answer"]

    (notice,) = seen["notices"]
    assert (notice["code"], notice["text"]) == ("ORDER_CANCELED", "The order was cancelled.")
    assert customers["notices"] == []
    assert customers["remedies"][0]["resolution"] == "REFUND_BANK"
    hidden = ("decidedBy", "agreedBy", "replacementOrderId", "reference")
    assert [customers["remedies"][0][name] for name in hidden] == [None] * 4
