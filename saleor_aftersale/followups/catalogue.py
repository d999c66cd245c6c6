"""Every mail: key, class, trigger, context. One decorated function and template folder each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Callable, Dict, List, Optional, Type

from django.db.models import QuerySet

from .. import events, texts
from ..config import Settings, settings_of
from ..returns import legal, withdrawals
from ..returns.models import Refund, ReturnLine, ReturnRequest, WithdrawalStatement
from ..tracking.carriers import recognise
from ..tracking.models import Shipment
from ..tracking.statuses import HANDED_OVER, ShipmentStatus

Context = Dict[str, Any]


class MailClass(Enum):
    """What a mail may hold and whether it needs consent."""

    #: About a contract the customer has: no promotion inside, no consent needed.
    TRANSACTIONAL = "T"


TRANSACTIONAL = MailClass.TRANSACTIONAL


@dataclass(frozen=True)
class MailKind:
    """One entry of the catalogue."""

    #: Also the name of the template folder.
    key: str
    mail_class: MailClass
    on: Type[events.Event]
    #: Gives what the mail is about and what its templates need, or None: not this time.
    compose: Callable[[Any], Optional[Draft]]
    #: A merchant can't switch it off: without it, something else wouldn't work.
    is_required: bool = False


@dataclass(frozen=True)
class Draft:
    """One mail that became due; sent once per subject, key and language."""

    subject_ref: str
    order_ref: str
    #: JSON values; names ending in ``_at`` are moments, in ``_until`` dates.
    context: Context


CATALOGUE: Dict[str, MailKind] = {}


def mail(
    key: str,
    mail_class: MailClass,
    *,
    on: Type[events.Event],
    is_required: bool = False,
) -> Callable[[Callable[[Any], Optional[Draft]]], Callable[[Any], Optional[Draft]]]:
    """Enter a mail in the catalogue; the decorated function composes it from the event."""

    def enter(compose: Callable[[Any], Optional[Draft]]) -> Callable[[Any], Optional[Draft]]:
        CATALOGUE[key] = MailKind(key, mail_class, on, compose, is_required)
        return compose

    return enter


def kinds_on(event: events.Event) -> List[MailKind]:
    """Mails that event may trigger."""
    return [kind for kind in CATALOGUE.values() if kind.on is type(event)]


@mail("shipment.sent", TRANSACTIONAL, on=events.ShipmentStatusChanged)
def shipment_sent(event: events.ShipmentStatusChanged) -> Optional[Draft]:
    """First carrier scan of a parcel; a label isn't one, nor is the end of the journey."""
    after = ShipmentStatus(event.after)
    is_first_scan = after in HANDED_OVER and not event.was_handed_over
    if not is_first_scan or after in (ShipmentStatus.DELIVERED, ShipmentStatus.LOST):
        return None
    shipment = Shipment.objects.prefetch_related("lines").get(pk=event.shipment_id)
    promised = shipment.promised_until
    context = {
        "carrier": recognise.name_of(shipment.carrier),
        "tracking_number": shipment.tracking_number,
        "tracking_url": shipment.tracking_url,
        "promised_at": promised.isoformat() if promised else None,
        "lines": _parcel_lines(shipment),
    }
    return Draft(f"shipment:{shipment.pk}", event.order_ref, context)


@mail("shipment.delivered", TRANSACTIONAL, on=events.ShipmentStatusChanged)
def shipment_delivered(event: events.ShipmentStatusChanged) -> Optional[Draft]:
    """The parcel was handed over or collected."""
    if event.after != ShipmentStatus.DELIVERED.value:
        return None
    shipment = Shipment.objects.select_related("order").get(pk=event.shipment_id)
    settings = settings_of(shipment.order.channel)
    days = legal.at_least("withdrawal.period_days", settings.return_window_days)
    return_until = legal.last_day(legal.day_of_event(event.occurred_at), days)
    context = {
        "delivered_at": event.occurred_at.isoformat(),
        "return_until": return_until.isoformat(),
        "lines": _parcel_lines(shipment),
    }
    return Draft(f"shipment:{shipment.pk}", event.order_ref, context)


def _parcel_lines(shipment: Shipment) -> List[Context]:
    return [
        {"product_name": line.product_name, "quantity": line.quantity}
        for line in shipment.lines.order_by("pk")
    ]


@mail("return.received_request", TRANSACTIONAL, on=events.ReturnTransitioned)
def return_received_request(event: events.ReturnTransitioned) -> Optional[Draft]:
    """The customer asked for a return; says what was asked and when."""
    if event.after != "SUBMITTED":
        return None
    request = ReturnRequest.objects.get(pk=event.return_request_id)
    context = {
        "return_number": request.number,
        "submitted_at": request.submitted_at.isoformat(),
        "lines": _return_lines(request.lines.order_by("pk"), "quantity"),
    }
    return Draft(f"return:{request.pk}", event.order_ref, context)


@mail("return.approved", TRANSACTIONAL, on=events.ReturnTransitioned)
def return_approved(event: events.ReturnTransitioned) -> Optional[Draft]:
    """The goods may come back; says how and until when."""
    if event.after not in ("APPROVED", "PARTLY_APPROVED"):
        return None
    request = ReturnRequest.objects.select_related("order").get(pk=event.return_request_id)
    approved = request.transitions.order_by("position").last()
    days = legal.ROWS["return.send_back_days"].floor
    # Counted from the approval, not the statement: more time than the law asks for.
    send_back_until = approved.occurred_at.date() + timedelta(days=days)
    settings = settings_of(request.order.channel)
    context = {
        "return_number": request.number,
        "send_back_until": send_back_until.isoformat(),
        "return_instructions": settings.return_instructions,
        "lines": _return_lines(
            request.lines.filter(approved_quantity__gt=0).order_by("pk"), "approved_quantity"
        ),
    }
    return Draft(f"return:{request.pk}", event.order_ref, context)


def _return_lines(lines: QuerySet[ReturnLine], quantity: str) -> List[Context]:
    return [
        {
            "product_name": line.product_name,
            "quantity": getattr(line, quantity),
            "reason": line.reason,
        }
        for line in lines
    ]


@mail("refund.issued", TRANSACTIONAL, on=events.RefundSettled)
def refund_issued(event: events.RefundSettled) -> Optional[Draft]:
    """The money went back."""
    refund = Refund.objects.select_related("request").get(pk=event.refund_id)
    context = {
        "return_number": refund.request.number,
        "amount": str(event.amount.amount),
        "currency": event.amount.currency,
    }
    return Draft(f"refund:{refund.pk}", event.order_ref, context)


@mail("order.link", TRANSACTIONAL, on=events.AccessRequested, is_required=True)
def order_link(event: events.AccessRequested) -> Optional[Draft]:
    """Somebody who knows number and mailbox asked for a link."""
    return Draft(f"order:{event.order_ref}:{event.request_key}", event.order_ref, {})


@mail("withdrawal.acknowledged", TRANSACTIONAL, on=events.WithdrawalStated, is_required=True)
def withdrawal_acknowledged(event: events.WithdrawalStated) -> Optional[Draft]:
    """Somebody declared a withdrawal; see ``acknowledgement``, which sends it."""
    row = WithdrawalStatement.objects.get(pk=event.statement_id)
    context = {
        "reference": row.reference,
        "stated_at": row.stated_at.isoformat(),
        "sentence": row.sentence,
        "name": row.name,
        "contract": row.contract,
        "email": row.email,
        "lines": [
            dict(line, product_name=line["product_name"] or line["line_ref"]) for line in row.lines
        ],
        "form_url": withdrawals.form_url(row.channel),
    }
    # Whether the order is known is no matter here.
    return Draft(f"withdrawal:{row.pk}", "", context)


def context_in_words(context: Context) -> Context:
    """A stored context with codes turned into the active language."""
    lines = [
        dict(line, reason_text=texts.text("reason." + line["reason"]) if line.get("reason") else "")
        for line in context.get("lines", [])
    ]
    return dict(context, lines=lines)


def is_enabled(key: str, settings: Settings) -> bool:
    """Whether the merchant lets this mail out."""
    return CATALOGUE[key].is_required or key in settings.enabled_mails
