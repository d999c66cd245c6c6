"""Re-exports every model: Django looks here."""

from .consents.models import ConsentDecision, Suppression
from .feedback.models import Feedback, ThanksVoucher
from .followups.models import OutboxMail
from .returns.models import (
    OrderMirror,
    Refund,
    Remedy,
    ReturnAttachment,
    ReturnLine,
    ReturnMessage,
    ReturnMethod,
    ReturnNotice,
    ReturnParcel,
    ReturnRequest,
    ReturnTransition,
    WithdrawalStatement,
)
from .tracking.models import (
    CarrierCircuit,
    CarrierPush,
    OrderRecord,
    ParcelStatement,
    PushedParcel,
    Shipment,
    ShipmentLine,
    TrackingEvent,
    TransitTime,
)
from .webhooks.models import EventDelivery

__all__ = [
    "CarrierCircuit",
    "CarrierPush",
    "ConsentDecision",
    "EventDelivery",
    "Feedback",
    "OrderMirror",
    "OrderRecord",
    "OutboxMail",
    "ParcelStatement",
    "PushedParcel",
    "Refund",
    "Remedy",
    "ReturnAttachment",
    "ReturnLine",
    "ReturnMessage",
    "ReturnMethod",
    "ReturnNotice",
    "ReturnParcel",
    "ReturnRequest",
    "ReturnTransition",
    "Shipment",
    "ShipmentLine",
    "Suppression",
    "ThanksVoucher",
    "TrackingEvent",
    "TransitTime",
    "WithdrawalStatement",
]
