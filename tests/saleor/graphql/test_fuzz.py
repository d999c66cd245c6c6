"""
Every query and mutation of ours with nasty values, in everybody's name.

Whatever is asked, the answer is data or a fault that is meant for the caller; what is refused
changes nothing; and nobody learns or changes what is Anna's but Anna, her links and staff.
"""

import json
import os
import random
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from saleor.account.models import User
from saleor.graphql.api import schema as host
from saleor.order.models import Fulfillment, Order, OrderLine
from saleor.product.models import ProductVariant
from saleor.warehouse.models import Warehouse

from saleor_aftersale.consents import suppressing
from saleor_aftersale.consents.mailboxes import mailbox_of
from saleor_aftersale.consents.models import ConsentDecision, Suppression
from saleor_aftersale.consents.suppressions import Cause
from saleor_aftersale.feedback import actions as feedback
from saleor_aftersale.feedback.actions import Opinion
from saleor_aftersale.feedback.models import Feedback
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.graphql import errors
from saleor_aftersale.graphql import schema as ours
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns import messages, withdrawals
from saleor_aftersale.returns.models import (
    ReturnLine,
    ReturnMessage,
    ReturnRequest,
    WithdrawalStatement,
)
from saleor_aftersale.returns.withdrawals import Declaration
from saleor_aftersale.tracking.models import OrderRecord, Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import Requester, Role
from saleor_aftersale.webhooks.models import EventDelivery
from tests import factories, nasty
from tests.factories import CHANNEL, STAFF, Api, nothing_changed
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

IS_SLOW = os.environ.get("AFTERSALE_SLOW") == "1"

#: In all that is Anna's, and in nothing a caller sends.
SECRET = "anna-secret"

#: Who may see what is Anna's.
ENTITLED = ("anna", "annas guest", "staff")
PEOPLE = (*2 * ENTITLED, "staff", "stranger", "guest", "eve", "staff without permission")

#: What an error of GraphQL itself may say about an argument; anything else is an accident.
SAID_OF_ARGUMENTS = (
    "Give either `first` or `last`.",
    "`first` and `last` go from 1 to 100.",
    "Received cursor is invalid.",
)


@pytest.fixture
def network(monkeypatch):
    network = Network(monkeypatch)
    network.answer()
    return network


class Shop:
    """Two customers with the same story, and everybody who may call."""

    def __init__(self):
        factories.activate(
            event_url="https://erp.example.com/events", event_secret="0123456789abcdef"
        )
        self.anna = factories.make_customer(f"{SECRET}@example.com")
        self.eve = factories.make_customer("eve@example.com")
        self.annas, self.eves = _story(self.anna, SECRET), _story(self.eve, "eve")
        for user, word in ((self.anna, SECRET), (self.eve, "eve")):
            factories.inspected(_returned(user, word), now=timezone.now())
            _arrived(_returned(user, word))
        self.tokens = {"anna": factories.token_of(self.annas), "eve": factories.token_of(self.eves)}
        worthless = [self.tokens["anna"][:-4] + "AAAA", factories.expired_token(self.annas)]
        self.tokens["nobody"] = worthless[0]
        self.tokens["late"] = worthless[1]
        self.apis = {
            "anna": Api(self.anna),
            "annas guest": Api(),
            "staff": Api(factories.make_staff()),
            "stranger": Api(),
            "guest": Api(),
            "eve": Api(self.eve),
            "staff without permission": Api(factories.make_staff(manages_orders=False)),
        }

    def world(self, person):
        """What that person knows."""
        opening = {"annas guest": "anna", "guest": "eve", "eve": "nobody", "stranger": "late"}
        tokens = [self.tokens[opening[person]]] if person in opening else []
        return nasty.World(keys=_keys(), tokens=tokens)


def _story(user, word):
    """An order delivered lately and asked back in part, with words on the way."""
    request = _returned(user, word)
    now = timezone.now()
    said_by = Requester(Role.CUSTOMER, str(user.pk), user.email)
    messages.add_message(str(request.pk), said_by, text=f"{word} asks", now=now)
    messages.add_note(str(request.pk), STAFF, text=f"About {word}", now=now)
    withdrawals.declare(
        Declaration(CHANNEL, "en", f"{word} Nowak", f"{word} kettle", user.email), now
    )
    opinion = Opinion(2, f"{word} liked it")
    feedback.give_feedback(request.order, opinion, language="en", now=now)
    suppressing.suppress(mailbox_of(user.email), Cause.MANUAL, f"{word} asked for it", now)
    factories.commit()
    return Order.objects.get(pk=request.order.order_ref)


def _returned(user, word):
    now = timezone.now()
    order = factories.make_order(
        user=user, lines={f"{word} kettle": 3}, placed_at=now - timedelta(days=3)
    )
    parcel = factories.fulfill(order, tracking_number=f"{word}-1Z")
    factories.scan(parcel, ShipmentStatus.DELIVERED, now - timedelta(days=2))
    return factories.ask(order, now=now, note=f"{word} says why")


def _arrived(request):
    returns.approve_return(str(request.pk), STAFF, now=timezone.now())
    returns.receive_return(str(request.pk), STAFF, now=timezone.now())


_KINDS = {
    "AftersaleEventDelivery": EventDelivery,
    "FollowUp": OutboxMail,
    "Fulfillment": Fulfillment,
    "MailSuppression": Suppression,
    "Order": Order,
    "OrderFeedback": Feedback,
    "OrderLine": OrderLine,
    "ProductVariant": ProductVariant,
    "ReturnRequest": ReturnRequest,
    "ReturnRequestLine": ReturnLine,
    "Shipment": Shipment,
    "ShipmentRecordedEvent": TrackingEvent,
    "User": User,
    "Warehouse": Warehouse,
    "WithdrawalStatement": WithdrawalStatement,
}


def _keys():
    return {
        kind: [str(key) for key in model.objects.order_by("pk").values_list("pk", flat=True)]
        for kind, model in _KINDS.items()
    }


def annas_rows(shop):
    """All that is Anna's: nobody but she, her links and staff may change it."""
    records = OrderRecord.objects.filter(customer_email=shop.anna.email)
    rows = [
        ConsentDecision.objects.filter(email=shop.anna.email),
        Feedback.objects.filter(order__in=records),
        ReturnLine.objects.filter(request__order__in=records),
        ReturnMessage.objects.filter(request__order__in=records),
        ReturnRequest.objects.filter(order__in=records),
        Shipment.objects.filter(order__in=records),
        Suppression.objects.filter(email=shop.anna.email),
        TrackingEvent.objects.filter(shipment__order__in=records),
        WithdrawalStatement.objects.filter(email=shop.anna.email),
    ]
    # Whoever has a mail sent may have others sent that wait beside it, so not their states.
    mails = OutboxMail.objects.filter(order__in=records).order_by("pk")
    found = [list(each.order_by("pk").values()) for each in rows]
    return [*found, list(mails.values("pk", "key", "to_email", "context"))]


def faults_of(answer):
    """Errors of an answer that nobody meant the caller to see."""
    return [error for error in answer.get("errors", ()) if not is_meant(error)]


def is_meant(error):
    name = error.get("extensions", {}).get("exception", {}).get("code", "GraphQLError")
    if name == "GraphQLError" and error.get("path"):
        return error["message"] in SAID_OF_ARGUMENTS
    return name in ("GraphQLError", "PermissionDenied", *errors.CODES)


def is_refused(answer):
    """Nothing was done: an error of the whole, or faults in the payload."""
    payloads = list((answer.get("data") or {"": None}).values())
    return any(payload is None or payload.get("errors") for payload in payloads)


class Refused(Exception):
    """Ends the transaction of a call, whatever came of it."""


def check(shop, person, kind, call):
    """Make one call in somebody's name; all it did is undone."""
    cache.clear()
    api = shop.apis[person]
    before = None if person in ENTITLED else annas_rows(shop)
    told = None
    try:
        with transaction.atomic():
            try:
                with nothing_changed():
                    answer = api.post_raw(call.document, **call.variables)
                changed = None
            except AssertionError as difference:
                changed = difference
            told = json.dumps(answer)
            assert faults_of(answer) == []
            assert changed is None or (kind == "mutation" and not is_refused(answer))
            if person not in ENTITLED:
                assert SECRET not in told
                assert annas_rows(shop) == before
            raise Refused
    except Refused:
        pass


def fuzz(kind, rounds):
    shop, chance = Shop(), random.Random(f"{kind} 1")
    for name, field, wrappers in fields_of(kind, shop):
        for _ in range(rounds):
            person = chance.choice(PEOPLE)
            maker = nasty.Maker(chance, shop.world(person))
            call = maker.call(kind, name, field, inside=chance.choice(wrappers))
            try:
                check(shop, person, kind, call)
            except BaseException:
                print(person, call.document, json.dumps(call.variables)[:2000])
                raise


def fields_of(kind, shop):
    """Our fields of queries or mutations, and inside what they are asked for."""
    if kind == "mutation":
        return _added("Mutation", ours.MUTATIONS, ["%s"])
    tokens = [factories.public_token(order) for order in (shop.annas, shop.eves)]
    in_order = [f'orderByToken(token: "{token}") {{ %s }}' for token in tokens]
    in_parcel = [wrapper % "fulfillments { %s }" for wrapper in in_order]
    return [
        *_added("Query", ours._queries(), ["%s"]),
        *_added("Order", ours._order_fields(), in_order),
        *_added("Fulfillment", ours._fulfillment_fields(), in_parcel),
    ]


def _added(host_type, added, wrappers):
    fields = host.get_type(host_type).fields
    return [(name, fields[name], wrappers) for name in map(nasty.camel, added)]


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_call_is_answered_or_refused_whatever_is_asked(network, kind):
    fuzz(kind, 4)


@pytest.mark.slow
@pytest.mark.skipif(not IS_SLOW, reason="AFTERSALE_SLOW=1 runs it")
@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_call_is_answered_or_refused_whatever_is_asked_a_thousand_times(network, kind):
    fuzz(kind, 1000)
