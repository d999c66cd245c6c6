"""The acts of Boris, who has no account: a link by mail, a page, a return by that link."""

from __future__ import annotations

from typing import Any

from .api import send
from .carrier import ACCEPTED, Parcel, told
from .faults import with_mail_server_down
from .people import BORIS, MUG
from .post import link_in, token_in
from .returning import CREATE, approve, codes, judge, restock, settle
from .stage import BY_TOKEN, Stage

ACCESS = """mutation($number: String!, $email: String!) {
    orderAccessRequest(number: $number, email: $email) {
      accepted errors { field message code } } }"""
STRANGER = """query($token: UUID!) { orderByToken(token: $token) {
    number timeline { text } returnOptions { quantity } returnRequests { number } } }"""
NUMBER = "61099876544"


def ask_for_link(stage: Stage) -> None:
    """The same answer for every number; a mail only to the order's own mailbox."""
    teller, api = stage.teller, stage.saleor.anybody
    teller.act("Boris, a guest, asks for a link to his order")
    wrong = api.attempt(ACCESS, number="999999", email=BORIS.email)
    right = api.attempt(ACCESS, number=stage.boriss.number, email=BORIS.email)
    teller.check("Asked with his number", (True, []), (right["accepted"], right["errors"]))
    teller.check("A number nobody has gets the same answer", right, wrong)
    mail = stage.post.next(BORIS, "here is his link", stage.boriss.number)
    if mail is None:
        return
    stage.link, stage.token = link_in(mail), token_in(mail)
    timeline = stage.guest_timeline()
    teller.show(timeline)
    seen = (timeline["number"], timeline["language"])
    teller.check("The link's token opens the timeline", (stage.boriss.number, "bg"), seen)
    page = send(stage.link)
    teller.check("The tracking page", (200, True), (page.status, '<html lang="bg"' in page.text))
    teller.check("It speaks of his order", True, timeline["text"] in page.text)


def keep_strangers_out(stage: Stage) -> None:
    """A changed token, and somebody who only knows the order's own id."""
    teller, api = stage.teller, stage.saleor.anybody
    teller.act("A stranger tries")
    middle = len(stage.token) // 2
    letter = "A" if stage.token[middle] != "A" else "B"
    changed = stage.token[:middle] + letter + stage.token[middle + 1 :]
    page = send(stage.link.replace(stage.token, changed))
    teller.check(
        "A changed token opens no page", (404, False), (page.status, MUG.name in page.text)
    )
    answer = api.post(BY_TOKEN, token=changed)
    said = [
        (error["message"], error["extensions"]["exception"]["code"])
        for error in answer.get("errors", ())
    ]
    teller.check("Nor a timeline", None, answer["data"]["orderTimeline"])
    teller.check("The error says why", [("This link is not valid.", "INVALID_TOKEN")], said)
    for order in (stage.annas, stage.boriss):
        seen = api.ask(STRANGER, token=order.token)["orderByToken"]
        shown = (seen["timeline"], seen["returnOptions"], seen["returnRequests"])
        what = f"Who only knows the token Saleor gave order {order.number} sees nothing of ours"
        teller.check(what, (None, None, None), shown)


def deliver_to_guest(stage: Stage) -> None:
    """Boris's parcel; the mail server is down when it is delivered."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Boris's parcel, and a broken mail server")
    parcel = Parcel(stage, saleor.ship(stage.boriss, {MUG.sku: 1}, NUMBER), NUMBER)
    teller.check("On the way", (1, 0), parcel.record(parcel.event("IN_TRANSIT", 0, "София")))
    stage.post.next(BORIS, "the parcel is on its way", stage.boriss.number)

    def deliver() -> None:
        pushed = parcel.push(parcel.event("DELIVERED", 1, "София"))
        teller.check("The carrier delivers meanwhile", ACCEPTED, told(pushed))

    with_mail_server_down(stage, deliver)
    stage.post.next(BORIS, "the parcel was delivered", stage.boriss.number)
    teller.show(stage.guest_timeline())


def return_by_link(stage: Stage) -> None:
    """The whole order comes back, so delivery is paid back too."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Boris returns his whole order, by the link from his mail")
    line = {"orderLineId": stage.boriss.lines[MUG.sku], "quantity": 1, "basis": "WITHDRAWAL"}
    asked: dict[str, Any] = saleor.anybody.attempt(
        CREATE, input={"accessToken": stage.token, "lines": [line]}
    )
    teller.check("A withdrawal, for which nobody needs a reason", [], codes(asked))
    request = asked["returnRequest"]
    stage.post.next(BORIS, "his request is received", request["number"])
    approve(stage, request, BORIS)
    before = saleor.stock(MUG)
    judge(stage, request, BORIS, {MUG.sku: restock(stage)})
    settle(stage, request, stage.boriss.total)
    mail = stage.post.next(BORIS, "his money is on its way", stage.boriss.number)
    if mail:
        teller.check("All of it, delivery too", True, "64,00" in mail.text)
    teller.check("One mug more on the shelf", before + 1, saleor.stock(MUG))
    money = saleor.money(stage.boriss)
    teller.check("Nothing is left in Saleor's payment", (0, (stage.boriss.total,)), money)
    status = saleor.returned
    teller.wait("Saleor's order status", lambda: saleor.order_status(stage.boriss), status)
