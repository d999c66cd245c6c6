"""The acts of Vera's three parcels: one late, one in a locker, one on its way back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ..mailbox import Mail
from .api import send
from .carrier import ACCEPTED, Parcel, told
from .people import LAMP, VERA
from .post import link_in, token_in
from .stage import BY_TOKEN, Stage

LATE, LOCKER, RETURNING = "61099876545", "61099876546", "61099876547"


def send_three(stage: Stage) -> None:
    """Three orders of a guest, each with one parcel on its way."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Vera, who reads Russian, has three parcels on the way")
    bought = [saleor.buy(saleor.anybody, VERA, [(LAMP, 1)]) for _ in range(3)]
    saleor.set_languages({order.number: VERA for order in bought})
    for number, order in zip((LATE, LOCKER, RETURNING), bought):
        parcel = Parcel(stage, saleor.ship(order, {LAMP.sku: 1}, number), number)
        more = {"estimatedDelivery": _yesterday()} if number == LATE else {}
        pushed = parcel.push(parcel.event("IN_TRANSIT", 0, "Łódź"), **more)
        teller.check(f"Parcel {number} is on its way", ACCEPTED, told(pushed))
        mail = stage.post.next(VERA, "the parcel is on its way", order.number)
        stage.veras_orders[number] = order
        if mail:
            stage.veras[number] = (parcel, link_in(mail), token_in(mail))


def _yesterday() -> dict[str, str]:
    moment = datetime.now(timezone.utc) - timedelta(days=1)
    return {"earliest": moment.isoformat(), "latest": moment.isoformat()}


def tell_honestly(stage: Stage) -> None:
    """Late is called late; the locker has its clock; the way back has a bar of its own."""
    teller = stage.teller
    teller.act("A late parcel, a locker with its clock, a parcel on its way back")
    late = _shown(stage, LATE)
    teller.check("A promise that is past is late since then", True, bool(late["lateSince"]))
    _check_page(stage, LATE, "Опаздывает с")

    parcel = stage.veras[LOCKER][0]
    until = datetime.now(timezone.utc) + timedelta(days=2)
    event = {**parcel.event("READY_FOR_PICKUP", 1, "Paczkomat WAW04N"), **_until(until)}
    teller.check("The locker holds the second one", ACCEPTED, told(parcel.push(event)))
    locker = ("READY_FOR_PICKUP", 85, True)
    teller.wait("It waits there until a known moment", lambda: _standing(stage, LOCKER), locker)
    _check_page(stage, LOCKER, "Paczkomat WAW04N")
    mail = _next_mail(stage, LOCKER, "the parcel waits for her")
    if mail:
        teller.check("The mail says where", True, "Paczkomat WAW04N" in mail.text)

    parcel = stage.veras[RETURNING][0]
    pushed = parcel.push(parcel.event("RETURNING", 1, "Warszawa"))
    teller.check("The third one goes back to the shop", ACCEPTED, told(pushed))
    back = ("RETURNING", 50, False)
    teller.wait("Its bar is a new, reversed one", lambda: _standing(stage, RETURNING), back)
    teller.check("And says so", True, _shown(stage, RETURNING)["isReturning"])
    _next_mail(stage, RETURNING, "the parcel goes back to the shop")


def _until(moment: datetime) -> dict[str, str]:
    return {"collectBy": moment.isoformat()}


def _shown(stage: Stage, number: str) -> dict[str, Any]:
    token = stage.veras[number][2]
    timeline = stage.saleor.anybody.ask(BY_TOKEN, token=token)["orderTimeline"]
    parcel = dict(timeline["shipments"][0])
    return {**parcel, "lateSince": (parcel["estimate"] or {}).get("lateSince")}


def _standing(stage: Stage, number: str) -> tuple[str, int, bool]:
    parcel = _shown(stage, number)
    return (parcel["status"], parcel["progress"], bool(parcel["collectBy"]))


def _check_page(stage: Stage, number: str, words: str) -> None:
    page = send(stage.veras[number][1])
    seen = (page.status, words.lower() in page.text.lower())
    stage.teller.check(f"The page of parcel {number} says “{words}”", (200, True), seen)


def notice_without_news(stage: Stage) -> None:
    """The sweep found the broken promise by itself: no carrier said anything."""
    token = stage.veras[LATE][2]

    def told_late() -> list[str]:
        timeline = stage.saleor.anybody.ask(BY_TOKEN, token=token)["orderTimeline"]
        return [entry["code"] for entry in timeline["entries"] if entry["code"] == "LATE"]

    stage.teller.act("The sweep has noticed the broken promise, without a word of the carrier")
    stage.teller.wait("The timeline tells it once", told_late, ["LATE"])
    _next_mail(stage, LATE, "the parcel is late")


def _next_mail(stage: Stage, number: str, about: str) -> Mail | None:
    return stage.post.next(VERA, about, stage.veras_orders[number].number)
