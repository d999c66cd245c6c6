"""Somebody with everything we keep of a person."""

from datetime import timedelta

from django.utils import timezone

from saleor_aftersale import models
from saleor_aftersale.config import settings_of
from saleor_aftersale.consents import actions, suppressing
from saleor_aftersale.consents.actions import Proof, Source
from saleor_aftersale.consents.mailboxes import mailbox_of
from saleor_aftersale.consents.suppressions import Cause
from saleor_aftersale.consents.topics import TOPICS
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns import messages
from saleor_aftersale.tracking import statements
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import Requester, Role
from tests import factories
from tests.factories import NOON, STAFF

DAY = timedelta(days=1)


def live(email, number):
    """Parcels, a closed return with photo and thread, feedback, mails, consent, suppression."""
    who = Requester(Role.CUSTOMER, "1", email)
    order = factories.make_order(email=email, placed_at=NOON - DAY)
    parcel = factories.scan(
        factories.fulfill(order, tracking_number=f"1Z{number}"),
        ShipmentStatus.DELIVERED,
        NOON,
        description="Signed by IVANOV",
        payload={"name": "Boris Ivanov"},
    )
    record = parcel.order
    push(f"body of {number}", parcel)
    statements.state_not_received(parcel.pk, who, "Nobody rang.", NOON)
    request = closed_return(order, who, number)
    models.Feedback.objects.create(
        order=record,
        score=2,
        comment="Late.",
        given_at=NOON,
        changed_at=NOON,
        reply_by=NOON + DAY,
        earlier=[{"comment": "Slow."}],
    )
    statement(email, number)
    actions.opt_in(mailbox_of(email), TOPICS, Proof(Source.API, wording="Yes."), NOON)
    suppressing.suppress(mailbox_of(email), Cause.BOUNCE, f"550 <{email}> unknown", NOON)
    factories.commit()
    models.OutboxMail.objects.filter(order=record, state="SENT").update(detail=f"250 {email}")
    return request


def closed_return(order, who, number):
    request = returns.submit_return(
        factories.keep(order),
        [returns.WishedLine(str(order.lines.first().pk), 1, None)],
        who,
        settings_of(factories.CHANNEL),
        note=f"Too small, says {who.label}.",
        now=NOON + DAY,
    )
    key = str(request.pk)
    messages.add_message(key, who, text="My knees hurt.", now=NOON + DAY)
    messages.add_message(key, STAFF, text="Get well.", now=NOON + DAY)
    returns.cancel_return(key, who, now=NOON + 2 * DAY)
    models.ReturnAttachment.objects.create(
        request=request,
        kind="PHOTO",
        name="me.jpg",
        content_type="image/jpeg",
        content=b"\xff\xd8" + number.encode(),
        content_hash=number,
        size_bytes=3,
        role="customer",
        requester_label=who.label,
        created_at=NOON,
    )
    touched(request, NOON)
    return request


def touched(request, at):
    """As if nothing had happened to it since."""
    models.ReturnRequest.objects.filter(pk=request.pk).update(updated_at=at)


def push(body, *parcels):
    """A carrier's push about those parcels, read."""
    row = models.CarrierPush.objects.create(
        provider="generic",
        channel=factories.CHANNEL,
        body=body.encode(),
        body_hash=body,
        received_at=NOON,
        state="READ",
    )
    for parcel in parcels:
        models.PushedParcel.objects.create(
            push=row, tracking_number=parcel.tracking_number, shipment=parcel
        )
    return row


def statement(email, number, *, state="MATCHED", at=NOON):
    """A statement of withdrawal, typed by somebody who writes in capitals."""
    return models.WithdrawalStatement.objects.create(
        reference=f"W-{number}",
        identity_hash=number,
        channel=factories.CHANNEL,
        language="en",
        sentence="I withdraw.",
        name="Anna",
        contract="Order 1",
        email=email.upper(),
        stated_at=at,
        came_by="PAGE",
        proof="NONE",
        requester_role="anonymous",
        state=state,
        message_id="<1@x>",
        acknowledged_at=timezone.now(),
    )


def rows():
    """All our rows by table and key."""
    return {
        (name, row["id"]): row
        for name in models.__all__
        for row in getattr(models, name).objects.values()
    }
