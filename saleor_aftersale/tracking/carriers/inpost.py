"""InPost ShipX (Poland): pushes ``shipment_confirmed`` and ``shipment_status_changed``."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, List, Mapping, Sequence

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number

PROVIDER = "inpost"

#: Public integrations disagree on ``avizo``, ``claimed``, ``stack_in_box_machine`` and the
#: expired codes. Names: GET https://api-shipx-pl.easypack24.net/v1/statuses, described at
#: dokumentacja-inpost.atlassian.net/wiki/spaces/PL/pages/18153478.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "created": ShipmentStatus.INFO_RECEIVED,
    "offers_prepared": ShipmentStatus.INFO_RECEIVED,
    "offer_selected": ShipmentStatus.INFO_RECEIVED,
    "confirmed": ShipmentStatus.INFO_RECEIVED,
    "dispatched_by_sender": ShipmentStatus.PICKED_UP,
    "dispatched_by_sender_to_pok": ShipmentStatus.PICKED_UP,
    "collected_from_sender": ShipmentStatus.PICKED_UP,
    "taken_by_courier": ShipmentStatus.PICKED_UP,
    "taken_by_courier_from_pok": ShipmentStatus.PICKED_UP,
    "adopted_at_source_branch": ShipmentStatus.IN_TRANSIT,
    "sent_from_source_branch": ShipmentStatus.IN_TRANSIT,
    "adopted_at_sorting_center": ShipmentStatus.IN_TRANSIT,
    "sent_from_sorting_center": ShipmentStatus.IN_TRANSIT,
    "adopted_at_target_branch": ShipmentStatus.IN_TRANSIT,
    "readdressed": ShipmentStatus.IN_TRANSIT,
    "redirect_to_box": ShipmentStatus.IN_TRANSIT,
    "canceled_redirect_to_box": ShipmentStatus.IN_TRANSIT,
    "unstack_from_box_machine": ShipmentStatus.IN_TRANSIT,
    "unstack_from_customer_service_point": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "out_for_delivery_to_address": ShipmentStatus.OUT_FOR_DELIVERY,
    "ready_to_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "ready_to_pickup_from_pok": ShipmentStatus.READY_FOR_PICKUP,
    "ready_to_pickup_from_pok_registered": ShipmentStatus.READY_FOR_PICKUP,
    "ready_to_pickup_from_branch": ShipmentStatus.READY_FOR_PICKUP,
    "stack_in_box_machine": ShipmentStatus.READY_FOR_PICKUP,
    "stack_in_customer_service_point": ShipmentStatus.READY_FOR_PICKUP,
    "pickup_reminder_sent": ShipmentStatus.READY_FOR_PICKUP,
    "courier_avizo_in_customer_service_point": ShipmentStatus.READY_FOR_PICKUP,
    "avizo": ShipmentStatus.ATTEMPT_FAILED,
    "pickup_reminder_sent_address": ShipmentStatus.ATTEMPT_FAILED,
    "undelivered": ShipmentStatus.ATTEMPT_FAILED,
    "undelivered_no_mailbox": ShipmentStatus.ATTEMPT_FAILED,
    "undelivered_not_live_address": ShipmentStatus.ATTEMPT_FAILED,
    "undelivered_lack_of_access_letterbox": ShipmentStatus.ATTEMPT_FAILED,
    "undelivered_cod_cash_receiver": ShipmentStatus.ATTEMPT_FAILED,
    "delay_in_delivery": ShipmentStatus.DELAYED,
    "oversized": ShipmentStatus.ON_HOLD,
    "claimed": ShipmentStatus.ON_HOLD,
    "undelivered_wrong_address": ShipmentStatus.ON_HOLD,
    "undelivered_incomplete_address": ShipmentStatus.ON_HOLD,
    "undelivered_unknown_receiver": ShipmentStatus.ON_HOLD,
    "pickup_time_expired": ShipmentStatus.RETURNING,
    "stack_parcel_pickup_time_expired": ShipmentStatus.RETURNING,
    "stack_parcel_in_box_machine_pickup_time_expired": ShipmentStatus.RETURNING,
    "rejected_by_receiver": ShipmentStatus.RETURNING,
    "taken_by_courier_from_customer_service_point": ShipmentStatus.RETURNING,
    "returned_to_sender": ShipmentStatus.RETURNED_TO_SENDER,
    "missing": ShipmentStatus.LOST,
    "delivered": ShipmentStatus.DELIVERED,
    "return_pickup_confirmation_to_sender": ShipmentStatus.DELIVERED,
    "canceled": ShipmentStatus.CANCELLED,
}

#: Statuses that tell why. Pushes don't say until when a parcel waits.
INCIDENTS: Dict[str, Reason] = {
    "avizo": Reason.NOT_HOME,
    "undelivered_no_mailbox": Reason.NO_ACCESS,
    "undelivered_not_live_address": Reason.WRONG_ADDRESS,
    "undelivered_lack_of_access_letterbox": Reason.NO_ACCESS,
    "undelivered_cod_cash_receiver": Reason.NOT_PAID,
    "oversized": Reason.WRONG_DATA,
    "claimed": Reason.INVESTIGATION,
    "undelivered_wrong_address": Reason.WRONG_ADDRESS,
    "undelivered_incomplete_address": Reason.WRONG_ADDRESS,
    "undelivered_unknown_receiver": Reason.WRONG_ADDRESS,
    "pickup_time_expired": Reason.NOT_COLLECTED,
    "stack_parcel_pickup_time_expired": Reason.NOT_COLLECTED,
    "stack_parcel_in_box_machine_pickup_time_expired": Reason.NOT_COLLECTED,
    "rejected_by_receiver": Reason.REFUSED,
    "missing": Reason.LOST,
}

#: What a push is called -> the status it stands for where it names none. Others, as
#: ``offers_prepared``, tell nothing of a parcel's way.
EVENTS: Dict[str, str] = {"shipment_confirmed": "confirmed", "shipment_status_changed": ""}

#: ShipX signs nothing and sends no header of the merchant's choice: its documentation names
#: only the addresses it sends from (91.216.25.0/24). So a secret stands in the address.
#: Source: dokumentacja-inpost.atlassian.net/wiki/spaces/PL/pages/18153494/Webhooks.
SCHEMES = (signatures.TOKEN,)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    The one status a push tells; nothing for other pushes and before a number is given out.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.storable(payloads.load(body), "")
    event = payloads.text(data, "event")
    if not event:
        raise BadPayload("The name of the event is required.", field="event")
    if event not in EVENTS:
        return []
    payload = payloads.part(data, "payload")
    code = payloads.text(payload, "status", "payload") or EVENTS[event]
    if not code:
        raise BadPayload("A status is required.", field="payload.status")
    # Written as "2020-03-20 15:08:42 +0100".
    moment = payloads.moment(data, "event_ts")
    if moment is None:
        raise BadPayload("This time is required.", field="event_ts")
    written = payloads.text(payload, "tracking_number", "payload", payloads.MAX_NUMBER)
    number = normalise_number(written)
    if not number:
        return []
    update = CarrierUpdate(
        status=STATUS_MAP[code] if code in STATUS_MAP else payloads.unknown(PROVIDER, code),
        occurred_at=moment,
        tracking_number=number,
        raw_code=code,
        payload=data,
        carrier="inpost",
        reason=payloads.incident(code, INCIDENTS),
    )
    return [update]


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """The secret that stands in the address; see ``signatures.verify``."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
