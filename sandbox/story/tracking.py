"""The acts of Anna's parcel: sent, scanned out of order, pushed, delivered."""

from __future__ import annotations

from .carrier import ACCEPTED, REPEATED, Parcel, told
from .people import ANNA, LAMP, MUG
from .stage import Stage

NUMBER = "61099876543"
MAILS = ["shipment.sent", "shipment.delivered"]


def send_parcel(stage: Stage) -> None:
    """Staff fulfill the order; the carrier makes a label."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Anna's parcel")
    fulfillment = saleor.ship(stage.annas, {MUG.sku: 2, LAMP.sku: 1}, NUMBER)
    parcel = stage.parcel = Parcel(stage, fulfillment, NUMBER)
    teller.say(f"Staff fulfill the order, tracking number {NUMBER}. The carrier makes a label:")
    teller.check("One new event", (1, 0), parcel.record(parcel.event("INFO_RECEIVED", 0)))
    teller.wait("The parcel has its number", lambda: _parcel(stage)["trackingNumber"], NUMBER)
    _check(stage, "A label", "INFO_RECEIVED", 30)
    teller.check("A label alone is no reason for a mail", 0, stage.post.unread(ANNA))


def scan_parcel(stage: Stage) -> None:
    """News out of order, repeated, and with a forged signature."""
    teller, parcel = stage.teller, stage.parcel
    teller.act("News from the carrier: late, repeated, forged")
    transit = parcel.event("IN_TRANSIT", 2, "Łódź")
    promise = parcel.promise()
    pushed = parcel.push(transit, estimatedDelivery=promise)
    teller.check("The carrier pushes: on the way", ACCEPTED, told(pushed))
    _check(stage, "On the way", "IN_TRANSIT", 60)
    estimate = _parcel(stage)["estimate"] or {}
    teller.check("The carrier's promise is shown", "CARRIER", estimate.get("source"))
    mail = stage.post.next(ANNA, "the parcel is on its way", stage.annas.number)
    inside = [f"{quantity} × {product.name}" for quantity, product in ((2, MUG), (1, LAMP))]
    lines = [line.strip("-• ") for line in mail.text.splitlines()] if mail else []
    said = [line for line in lines if line.startswith(("1 ×", "2 ×"))]
    teller.check("The mail says what is inside", inside, said)
    pushed = parcel.push(transit, estimatedDelivery=promise)
    teller.check("The same push again changes nothing", REPEATED, told(pushed))
    late = parcel.record(parcel.event("PICKED_UP", 1, "Warszawa"))
    teller.check("An older scan arrives late", (1, 0), late)
    _check(stage, "Still on the way", "IN_TRANSIT", 60)
    scans = [event["status"] for event in _parcel(stage)["events"]]
    expected = ["IN_TRANSIT", "PICKED_UP", "INFO_RECEIVED"]
    teller.check("Scans stand in the carrier's order, newest first", expected, scans)
    forged = parcel.push(parcel.event("LOST", 3), secret="somebody-guesses-a-secret")
    teller.check("A forged push is refused", (401, ["INVALID_SIGNATURE"]), told(forged))
    _check(stage, "Nothing changed", "IN_TRANSIT", 60)


def deliver_parcel(stage: Stage) -> None:
    """Out for delivery, then delivered."""
    teller, parcel = stage.teller, stage.parcel
    teller.act("The parcel arrives")
    parcel.push(parcel.event("OUT_FOR_DELIVERY", 3, "Warszawa"))
    _check(stage, "In the courier's car", "OUT_FOR_DELIVERY", 85)
    teller.check("That is no reason for a mail", 0, stage.post.unread(ANNA))
    parcel.push(parcel.event("DELIVERED", 4, "Warszawa"))
    _check(stage, "Delivered", "DELIVERED", 100)
    stage.post.next(ANNA, "the parcel was delivered", stage.annas.number)
    teller.wait("The timeline remembers both mails", stage.mails_told, MAILS)


def _parcel(stage: Stage) -> dict:
    return dict(stage.timeline()["shipments"][0])


def _check(stage: Stage, what: str, status: str, progress: int) -> None:
    """The timeline comes to say so, once the worker has read what was pushed."""

    def seen() -> tuple:
        timeline = stage.timeline()
        return (timeline["status"], timeline["progress"])

    stage.teller.wait(what, seen, (status, progress))
    stage.teller.show(stage.timeline())
