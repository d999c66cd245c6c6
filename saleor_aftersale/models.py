"""Re-exports every model: Django looks here."""

from .followups.models import OutboxMail
from .returns.models import Refund, ReturnLine, ReturnRequest, ReturnTransition
from .tracking.models import (
    CarrierPush,
    OrderRecord,
    PushedParcel,
    Shipment,
    ShipmentLine,
    TrackingEvent,
)

__all__ = [
    "CarrierPush",
    "OrderRecord",
    "OutboxMail",
    "PushedParcel",
    "Refund",
    "ReturnLine",
    "ReturnRequest",
    "ReturnTransition",
    "Shipment",
    "ShipmentLine",
    "TrackingEvent",
]
