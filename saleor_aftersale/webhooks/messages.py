"""What the merchant's systems are told: which event is which message, and its JSON."""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Type

import graphene
from django.utils import timezone

from .. import events
from ..events import Event
from ..feedback.models import Feedback
from ..host import graphql as host
from ..returns import queries, summaries
from ..returns.models import Refund, ReturnRequest, ReturnTransition, WithdrawalStatement
from ..tracking.models import OrderRecord, ParcelStatement, Shipment
from .models import EventDelivery


class MessageType(Enum):
    """What happened, in the words of the API."""

    RETURN_TRANSITIONED = "RETURN_TRANSITIONED"
    REFUND_SETTLED = "REFUND_SETTLED"
    REFUND_FAILED = "REFUND_FAILED"
    WITHDRAWAL_STATED = "WITHDRAWAL_STATED"
    SHIPMENT_STATUS_CHANGED = "SHIPMENT_STATUS_CHANGED"
    SHIPMENT_LATE = "SHIPMENT_LATE"
    SHIPMENT_STALLED = "SHIPMENT_STALLED"
    SHIPMENT_REPORTED_MISSING = "SHIPMENT_REPORTED_MISSING"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    #: The customer says something else than before, be it with the same score.
    FEEDBACK_CHANGED = "FEEDBACK_CHANGED"
    FEEDBACK_ANSWERED = "FEEDBACK_ANSWERED"


class News(NamedTuple):
    """An event as it is queued."""

    type: MessageType
    subject_id: int
    occurred_at: datetime
    #: Tells it from others of its type and subject; None: each of them is another one.
    identity: Optional[str] = ""
    #: What a look at the subject later wouldn't tell any more.
    facts: Mapping[str, Any] = {}


def _returned(event: events.ReturnTransitioned) -> News:
    rows = ReturnTransition.objects.filter(request_id=event.return_request_id)
    step = rows.order_by("-position").values("position", "occurred_at")[0]
    return News(
        MessageType.RETURN_TRANSITIONED,
        event.return_request_id,
        step["occurred_at"],
        str(step["position"]),
        {"before": event.before or None, "after": event.after},
    )


def _refunded(event: events.RefundSettled) -> News:
    settled_at = Refund.objects.values_list("settled_at", flat=True).get(pk=event.refund_id)
    return News(MessageType.REFUND_SETTLED, event.refund_id, settled_at or timezone.now())


def _unpaid(event: events.RefundFailed) -> News:
    # The same refund may fail again when it is tried again.
    facts = {"error": event.error}
    return News(MessageType.REFUND_FAILED, event.refund_id, timezone.now(), None, facts)


def _stated(event: events.WithdrawalStated) -> News:
    rows = WithdrawalStatement.objects.values_list("stated_at", flat=True)
    stated_at = rows.get(pk=event.statement_id)
    return News(MessageType.WITHDRAWAL_STATED, event.statement_id, stated_at)


def _moved(event: events.ShipmentStatusChanged) -> News:
    # A corrected scan may bring a parcel to the same status at the same moment twice.
    return News(
        MessageType.SHIPMENT_STATUS_CHANGED,
        event.shipment_id,
        event.occurred_at,
        None,
        {"before": event.before, "after": event.after},
    )


def _late(event: events.ShipmentLate) -> News:
    at = event.late_since
    return News(MessageType.SHIPMENT_LATE, event.shipment_id, at, at.isoformat())


def _stalled(event: events.ShipmentStalled) -> News:
    at = event.stalled_at
    return News(MessageType.SHIPMENT_STALLED, event.shipment_id, at, at.isoformat())


def _missing(event: events.ParcelReportedMissing) -> News:
    rows = ParcelStatement.objects.filter(shipment_id=event.shipment_id)
    stated_at = rows.values_list("stated_at", flat=True).last()
    return News(
        MessageType.SHIPMENT_REPORTED_MISSING, event.shipment_id, stated_at or timezone.now()
    )


def _rated(event: events.FeedbackGiven) -> News:
    rows = Feedback.objects.values_list("changed_at", flat=True)
    at = rows.get(pk=event.feedback_id)
    kind = MessageType.FEEDBACK_CHANGED if event.before else MessageType.FEEDBACK_GIVEN
    facts = {"before": event.before or None, "after": event.after}
    return News(kind, event.feedback_id, at, at.isoformat(), facts)


def _answered(event: events.FeedbackAnswered) -> News:
    rows = Feedback.objects.values_list("answered_at", flat=True)
    at = rows.get(pk=event.feedback_id) or timezone.now()
    return News(MessageType.FEEDBACK_ANSWERED, event.feedback_id, at, at.isoformat())


_NEWS: Mapping[Type[Event], Callable[[Any], News]] = {
    events.ReturnTransitioned: _returned,
    events.RefundSettled: _refunded,
    events.RefundFailed: _unpaid,
    events.WithdrawalStated: _stated,
    events.ShipmentStatusChanged: _moved,
    events.ShipmentLate: _late,
    events.ShipmentStalled: _stalled,
    events.ParcelReportedMissing: _missing,
    events.FeedbackGiven: _rated,
    events.FeedbackAnswered: _answered,
}


def news_of(event: Event) -> News:
    """The event as it is queued."""
    return _NEWS[type(event)](event)


def body_of(row: EventDelivery) -> str:
    """
    The JSON of a delivery: what the event says, and its subject as it is now.

    Made when it is first tried, after the event's transaction: inside it the subject may be
    half written.
    """
    content = {
        "id": row.reference,
        "type": row.type,
        "occurredAt": row.occurred_at.isoformat(),
        "sequence": row.sequence,
        "order": _order(row.order, row.channel),
        **row.facts,
        **_SUBJECTS[MessageType(row.type)](row.subject_id),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _order(record: Optional[OrderRecord], channel: str) -> Dict[str, Any]:
    order_id = host.order_global_id(record.order_ref) if record else None
    return {"id": order_id, "number": record.number if record else None, "channel": channel}


def _return_request(key: int) -> Dict[str, Any]:
    rows = queries.with_details(ReturnRequest.objects.filter(pk=key), using="default")
    request = rows.first()
    return {"returnRequest": summaries.summary_of(request) if request else None}


def _refund(key: int) -> Dict[str, Any]:
    refund = Refund.objects.filter(pk=key).first()
    if refund is None:
        return {"refund": None, "returnRequest": None}
    return {"refund": summaries.refund_of(refund), **_return_request(refund.request_id)}


def _withdrawal(key: int) -> Dict[str, Any]:
    row = WithdrawalStatement.objects.filter(pk=key).select_related("return_request").first()
    if row is None:
        return {"withdrawal": None}
    return {
        "withdrawal": {
            "reference": row.reference,
            "state": row.state,
            "statedAt": row.stated_at.isoformat(),
            "returnRequestNumber": row.return_request.number if row.return_request else None,
        }
    }


def _shipment(key: int) -> Dict[str, Any]:
    row = Shipment.objects.filter(pk=key).first()
    if row is None:
        return {"shipment": None}
    lines = row.lines.order_by("pk").values_list("line_ref", "quantity")
    return {
        "shipment": {
            "id": graphene.Node.to_global_id("Shipment", row.pk),
            "fulfillmentId": graphene.Node.to_global_id("Fulfillment", row.fulfillment_ref),
            "carrier": row.carrier or None,
            "trackingNumber": row.tracking_number or None,
            "status": row.status,
            "reason": row.reason or None,
            "shippedAt": _moment(row.shipped_at),
            "deliveredAt": _moment(row.delivered_at),
            "lateSince": _moment(row.late_since),
            "stalledAt": _moment(row.stalled_at),
            "lines": [
                {"orderLineId": graphene.Node.to_global_id("OrderLine", ref), "quantity": quantity}
                for ref, quantity in lines
            ],
        }
    }


def _feedback(key: int) -> Dict[str, Any]:
    """Without the words of customer and staff."""
    row = Feedback.objects.filter(pk=key).first()
    if row is None:
        return {"feedback": None}
    return {
        "feedback": {
            "id": graphene.Node.to_global_id("OrderFeedback", row.pk),
            "score": row.score,
            "categories": row.categories,
            "hasComment": bool(row.comment),
            "givenAt": row.given_at.isoformat(),
            "changedAt": row.changed_at.isoformat(),
            "replyBy": _moment(row.reply_by),
            "answeredAt": _moment(row.answered_at),
        }
    }


def _moment(moment: Optional[datetime]) -> Optional[str]:
    return moment.isoformat() if moment else None


_SUBJECTS: Mapping[MessageType, Callable[[int], Dict[str, Any]]] = {
    MessageType.RETURN_TRANSITIONED: _return_request,
    MessageType.REFUND_SETTLED: _refund,
    MessageType.REFUND_FAILED: _refund,
    MessageType.WITHDRAWAL_STATED: _withdrawal,
    MessageType.SHIPMENT_STATUS_CHANGED: _shipment,
    MessageType.SHIPMENT_LATE: _shipment,
    MessageType.SHIPMENT_STALLED: _shipment,
    MessageType.SHIPMENT_REPORTED_MISSING: _shipment,
    MessageType.FEEDBACK_GIVEN: _feedback,
    MessageType.FEEDBACK_CHANGED: _feedback,
    MessageType.FEEDBACK_ANSWERED: _feedback,
}
