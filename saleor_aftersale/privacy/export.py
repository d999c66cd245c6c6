"""
Everything kept of one person as JSON, row by row: memory stays as it is.

Source: Regulation (EU) 2016/679 Art. 15(3) and 20(1).
"""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from typing import Any, Dict, Iterator, Mapping

from django.db.models import Model, QuerySet

from ..consents.models import ConsentDecision, Suppression
from ..feedback.models import Feedback, ThanksVoucher
from ..returns.models import (
    Refund,
    Remedy,
    ReturnAttachment,
    ReturnLine,
    ReturnMessage,
    ReturnMethod,
    ReturnParcel,
    ReturnTransition,
)
from ..tracking.models import (
    CarrierPush,
    ParcelStatement,
    PushedParcel,
    ShipmentLine,
    TrackingEvent,
)
from ..values import Role
from .person import Person, person_of

#: Raised when the file's shape changes.
FORMAT = 1

#: Columns that only serve lists and queues, and names of staff: they are other people's data.
_LEFT_OUT = frozenset(
    {
        "agreed_by",
        "answered_by",
        "assignee_label",
        "assignee_ref",
        "author",
        "body_hash",
        "decided_by",
        "done_by",
        "handled_by",
        "idempotency_key",
        "identity_hash",
        "lifted_by",
        "search_text",
    }
)
#: Who did something, where staff may have done it.
_DOER = ("requester_ref", "requester_label")
_STAFF = frozenset({Role.STAFF.value, Role.APP.value})


def parts_of(person: Person) -> Mapping[str, QuerySet]:
    """All rows about a person, by what they are; nothing is read yet."""
    orders, requests, parcels = (
        rows.order_by() for rows in (person.orders, person.requests, person.parcels)
    )
    of_request = {
        "return_lines": ReturnLine,
        "return_steps": ReturnTransition,
        "return_messages": ReturnMessage,
        "return_parcels": ReturnParcel,
        "return_methods": ReturnMethod,
        "return_files": ReturnAttachment,
        "remedies": Remedy,
        "refunds": Refund,
    }
    return {
        "orders": person.orders,
        "parcels": person.parcels,
        "parcel_lines": ShipmentLine.objects.filter(shipment__in=parcels),
        "carrier_events": TrackingEvent.objects.filter(shipment__in=parcels),
        "carrier_pushes": _own_pushes(parcels),
        "parcel_statements": ParcelStatement.objects.filter(shipment__in=parcels),
        "return_requests": person.requests,
        **{name: model.objects.filter(request__in=requests) for name, model in of_request.items()},
        "withdrawal_statements": person.statements,
        "feedback": Feedback.objects.filter(order__in=orders),
        "vouchers": ThanksVoucher.objects.filter(order__in=orders),
        "mails": person.mails,
        "consents": ConsentDecision.objects.filter(mailbox_hash__in=person.hashes),
        "suppressions": Suppression.objects.filter(mailbox_hash__in=person.hashes),
    }


def _own_pushes(parcels: QuerySet) -> QuerySet:
    """Pushes that speak of nobody else's parcels."""
    said = PushedParcel.objects.filter(shipment__in=parcels).values("push")
    of_others = PushedParcel.objects.filter(push__in=said).exclude(shipment__in=parcels)
    return CarrierPush.objects.filter(pk__in=said).exclude(pk__in=of_others.values("push"))


def export(email: str, now: datetime) -> Iterator[str]:
    """
    The file in pieces, a row each.

    Raises:
        ValueError: that is no mail address.
    """
    person = person_of(email)
    head = {"format": FORMAT, "exported_at": now.isoformat(), "email": person.emails[0]}
    yield json.dumps(head, ensure_ascii=False)[:-1]
    for name, rows in parts_of(person).items():
        yield f',\n"{name}": ['
        for number, row in enumerate(rows.order_by("pk").iterator(chunk_size=100)):
            between = ",\n  " if number else "\n  "
            yield between + json.dumps(_row(row), ensure_ascii=False)
        yield "]"
    yield "}\n"


def _row(row: Model) -> Dict[str, Any]:
    names = [field.attname for field in row._meta.concrete_fields]
    content = {name: _plain(getattr(row, name)) for name in names if name not in _LEFT_OUT}
    if content.get("role") in _STAFF:
        content.update({name: "" for name in _DOER if name in content})
    return content


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return str(value)
