"""Re-exports every model: Django looks here."""

from .followups.models import OutboxMail
from .returns.models import Refund, ReturnLine, ReturnRequest, ReturnTransition
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

__all__ = [
    "CarrierCircuit",
    "CarrierPush",
    "OrderRecord",
    "OutboxMail",
    "ParcelStatement",
    "PushedParcel",
    "Refund",
    "ReturnLine",
    "ReturnRequest",
    "ReturnTransition",
    "Shipment",
    "ShipmentLine",
    "TrackingEvent",
    "TransitTime",
]
