"""Mails about one parcel: each tells a status, and what the customer can do."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, List, Optional, Union

from django.utils import timezone

from .. import events
from ..config import settings_of
from ..host import orders
from ..returns import legal
from ..tracking import incidents
from ..tracking.carriers import recognise
from ..tracking.models import Shipment, ShipmentLine
from ..tracking.statuses import HANDED_OVER, ShipmentStatus
from .kinds import TRANSACTIONAL, Context, Draft, mail

#: Older trouble is no news: the shop has just begun to follow that parcel.
MAX_AGE = timedelta(days=7)

#: "Today" is over by then.
_ONE_DAY = timedelta(days=1)

FAMILY = "shipment"

#: One of these as the first scan: the parcel isn't on its way to the customer.
_OVER = frozenset(
    {
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURNING,
        ShipmentStatus.RETURNED_TO_SENDER,
        ShipmentStatus.LOST,
        ShipmentStatus.DAMAGED,
    }
)

_Changed = events.ShipmentStatusChanged
_S = ShipmentStatus


@mail("shipment.sent", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_sent(event: _Changed) -> Optional[Draft]:
    """First carrier scan of a parcel, unless ``shipment.split`` tells it."""
    if not _is_first_scan(event):
        return None
    shipment = _shipment(event.shipment_id)
    splits_are_told = "shipment.split" in settings_of(shipment.order.channel).enabled_mails
    if splits_are_told and _still_to_come(shipment):
        return None
    return _sent(shipment, event)


@mail("shipment.split", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_split(event: _Changed) -> Optional[Draft]:
    """First carrier scan of a parcel that doesn't complete its order; says what follows."""
    if not _is_first_scan(event):
        return None
    shipment = _shipment(event.shipment_id)
    rest = _still_to_come(shipment)
    return _sent(shipment, event, rest=rest) if rest else None


def _is_first_scan(event: _Changed) -> bool:
    """A label isn't one, nor is the end of the journey."""
    return _S(event.after) in HANDED_OVER - _OVER and not event.was_handed_over


def _sent(shipment: Shipment, event: _Changed, **more: Any) -> Draft:
    promised = shipment.promised_until
    promised_at = promised.isoformat() if promised else None
    return _draft(shipment, event.order_ref, promised_at=promised_at, **more)


def _still_to_come(shipment: Shipment) -> List[Context]:
    """Pieces of the order that no carrier has had yet."""
    order_ref = shipment.order.order_ref
    order = orders.load_orders([order_ref], using="default").get(order_ref)
    if order is None:
        return []
    gone: Counter[str] = Counter()
    parcels = Shipment.objects.filter(order=shipment.order_id, shipped_at__isnull=False)
    for line in ShipmentLine.objects.filter(shipment__in=parcels):
        gone[line.line_ref] += line.quantity
    return [
        {"product_name": line.product_name, "quantity": line.quantity - gone[line.ref]}
        for line in order.lines
        if line.quantity > gone[line.ref]
    ]


@mail("shipment.out_for_delivery", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_out_for_delivery(event: _Changed) -> Optional[Draft]:
    """The courier has it; once a day."""
    if event.after != _S.OUT_FOR_DELIVERY.value or _is_old(event.occurred_at, _ONE_DAY):
        return None
    return _draft(_shipment(event.shipment_id), event.order_ref, of=_day(event.occurred_at))


@mail("shipment.ready_for_pickup", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_ready_for_pickup(event: _Changed) -> Optional[Draft]:
    """It waits at a locker, point or branch; says where, and until when."""
    if event.after != _S.READY_FOR_PICKUP.value or _is_old(event.occurred_at):
        return None
    shipment = _shipment(event.shipment_id)
    return _draft(shipment, event.order_ref, of=_day(event.occurred_at), **_pickup(shipment))


@mail("shipment.pickup_reminder", TRANSACTIONAL, on=events.PickupDue, family=FAMILY)
def shipment_pickup_reminder(event: events.PickupDue) -> Optional[Draft]:
    """The day before the last day to collect it, and that day."""
    shipment = _shipment(event.shipment_id)
    return _draft(
        shipment,
        event.order_ref,
        of=_day(event.remind_at),
        is_last_day=event.is_last_day,
        **_pickup(shipment),
    )


def _pickup(shipment: Shipment) -> Context:
    told = shipment.events.filter(status=_S.READY_FOR_PICKUP.value, corrected_by=None)
    last = told.exclude(location="").order_by("occurred_at", "pk").last()
    collect_by = shipment.collect_by
    return {
        "place": last.location if last else "",
        "collect_by_at": collect_by.isoformat() if collect_by else None,
    }


@mail("shipment.attempt_failed", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_attempt_failed(event: _Changed) -> Optional[Draft]:
    """The courier went away with it again; why, and what the customer can do."""
    if event.after != _S.ATTEMPT_FAILED.value or _is_old(event.occurred_at):
        return None
    shipment = _shipment(event.shipment_id)
    return _draft(shipment, event.order_ref, of=_day(event.occurred_at), **_trouble(shipment))


@mail("shipment.action_required", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_action_required(event: _Changed) -> Optional[Draft]:
    """It is stopped and only the customer can help: address, payment, customs."""
    if event.after != _S.ON_HOLD.value or _is_old(event.occurred_at):
        return None
    shipment = _shipment(event.shipment_id)
    reason = incidents.reason_of(shipment.reason)
    importer = settings_of(shipment.order.channel).importer
    if incidents.acts(reason, _S.ON_HOLD, importer=importer) is not incidents.Actor.CUSTOMER:
        return None
    of = f"{_day(event.occurred_at)}:{shipment.reason}"
    return _draft(shipment, event.order_ref, of=of, **_trouble(shipment))


@mail("shipment.delayed", TRANSACTIONAL, on=(_Changed, events.ShipmentLate), family=FAMILY)
def shipment_delayed(event: Union[_Changed, events.ShipmentLate]) -> Optional[Draft]:
    """The carrier says so, or the promised day is over; one mail per promise."""
    is_told = isinstance(event, _Changed)
    moment = event.occurred_at if isinstance(event, _Changed) else event.late_since
    if _is_old(moment) or (isinstance(event, _Changed) and event.after != _S.DELAYED.value):
        return None
    shipment = _shipment(event.shipment_id)
    until = shipment.promised_until or shipment.estimated_until
    promise = (until or moment) if is_told else moment
    # One that is still ahead says more than that the old one is broken.
    promised_at = until.isoformat() if until and until > timezone.now() else None
    return _draft(
        shipment,
        event.order_ref,
        of=promise.isoformat(),
        promised_at=promised_at,
        incident=shipment.reason,
    )


@mail("shipment.returning", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_returning(event: _Changed) -> Optional[Draft]:
    """It goes back to the shop, or is there already; the customer chooses what next."""
    statuses = (_S.RETURNING.value, _S.RETURNED_TO_SENDER.value)
    if event.after not in statuses or _is_old(event.occurred_at):
        return None
    shipment = _shipment(event.shipment_id)
    return _draft(shipment, event.order_ref, incident=shipment.reason)


@mail("shipment.lost", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_lost(event: _Changed) -> Optional[Draft]:
    """Lost or damaged: it won't come; the customer chooses what next."""
    if event.after not in (_S.LOST.value, _S.DAMAGED.value) or _is_old(event.occurred_at):
        return None
    shipment = _shipment(event.shipment_id)
    is_damaged = event.after == _S.DAMAGED.value
    return _draft(shipment, event.order_ref, is_damaged=is_damaged)


@mail("shipment.delivered", TRANSACTIONAL, on=_Changed, family=FAMILY)
def shipment_delivered(event: _Changed) -> Optional[Draft]:
    """The parcel was handed over or collected."""
    if event.after != _S.DELIVERED.value:
        return None
    shipment = _shipment(event.shipment_id)
    settings = settings_of(shipment.order.channel)
    days = legal.at_least("withdrawal.period_days", settings.return_window_days)
    country = shipment.order.country
    delivered_on = legal.day_of_event(event.occurred_at, country)
    return_until = legal.last_day(delivered_on, days, country)
    context = {
        "delivered_at": event.occurred_at.isoformat(),
        "return_until": return_until.isoformat(),
        "lines": _lines(shipment),
    }
    return Draft(f"shipment:{shipment.pk}", event.order_ref, context)


def _shipment(shipment_id: int) -> Shipment:
    return Shipment.objects.select_related("order").get(pk=shipment_id)


def _draft(shipment: Shipment, order_ref: str, *, of: str = "", **context: Any) -> Draft:
    """A mail with what every one about a parcel says; ``of`` tells its moments apart."""
    facts = {
        "carrier": recognise.name_of(shipment.carrier),
        "tracking_number": shipment.tracking_number,
        "tracking_url": shipment.tracking_url,
        "lines": _lines(shipment),
    }
    subject = f"shipment:{shipment.pk}" + (":" + of if of else "")
    return Draft(subject, order_ref, {**facts, **context})


def _lines(shipment: Shipment) -> List[Context]:
    return [
        {"product_name": line.product_name, "quantity": line.quantity}
        for line in shipment.lines.order_by("pk")
    ]


def _trouble(shipment: Shipment) -> Context:
    """Why it doesn't come, and what to do about it, as codes of ``texts``."""
    status, reason = _S(shipment.status), incidents.reason_of(shipment.reason)
    importer = settings_of(shipment.order.channel).importer
    actor = incidents.acts(reason, status, importer=importer)
    is_customers = actor is incidents.Actor.CUSTOMER
    return {
        "incident": shipment.reason if reason else "",
        "act": (reason.value if reason else status.value) if is_customers else actor.value,
    }


def _is_old(moment: datetime, age: timedelta = MAX_AGE) -> bool:
    return timezone.now() - moment > age


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
