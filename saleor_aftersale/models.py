"""Re-exports every model: Django looks here."""

from .followups.models import OutboxMail
from .returns.models import Refund, ReturnLine, ReturnRequest, ReturnTransition
from .tracking.models import OrderRecord, Shipment, ShipmentLine, TrackingEvent

__all__ = [
    "OrderRecord",
    "OutboxMail",
    "Refund",
    "ReturnLine",
    "ReturnRequest",
    "ReturnTransition",
    "Shipment",
    "ShipmentLine",
    "TrackingEvent",
]
