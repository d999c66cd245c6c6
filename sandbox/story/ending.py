"""The end: what was checked, what was mailed, and how to go on by hand."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from typing import Any

from .api import Api
from .people import ANNA, BORIS, EMMA, STAFF_EMAIL, STAFF_PASSWORD, VERA
from .post import language_of, token_in
from .stage import Stage

OWNER = """{ me { orders(first: 1) { edges { node { number
  timeline { status progress text entries { at kind title detail } } } } } } }"""
GUEST = """query($token: String!) { orderTimeline(accessToken: $token) {
  number progress text shipments { trackingNumber text events { occurredAt text location } } } }"""
STAFF = """{ returnRequests(first: 10) { totalCount edges { node {
  number state orderNumber lines { productName quantity state }
  refunds { state amount { amount currency } } availableActions } } } }"""


SENT = """{ followUps(first: 100, filter: {state: [SENT]}) {
  edges { node { key recipient } } } }"""

#: Kept with its statement, so that it goes out even where no order is found.
ACKNOWLEDGED = "withdrawal.acknowledged"
_WAY = ("shipment.sent", "shipment.delivered")
_ASKED = ("return.received_request", "return.approved")
_JUDGED = ("return.arrived", "return.inspected", "refund.issued")
_OPINION = ("feedback.delivery", "feedback.reply", "voucher.thanks")
_INSTEAD = ("exchange.sent", *_WAY)
#: Every mail of the story by its key, order by order, return by return.
MAILS = {
    ANNA: (
        *_WAY, *_ASKED, *_JUDGED,
        "shipment.delivered",
        "return.received_request", "complaint.answered", "complaint.answered",
        "return.approved", "refund.issued",
    ),
    BORIS: ("order.link", *_WAY, *_ASKED, *_JUDGED),
    EMMA: (*_WAY, *_ASKED, *_INSTEAD, *_ASKED, *_JUDGED, *_INSTEAD, *_OPINION),
    VERA: (
        "shipment.sent", "shipment.delayed",
        "shipment.sent", "shipment.ready_for_pickup", "shipment.delivered",
        "shipment.sent", "shipment.returning",
        ACKNOWLEDGED, "return.received_request",
    ),
}  # fmt: skip


def say_goodbye(stage: Stage) -> None:
    """Mails by subject, logins, pages and three queries to copy."""
    teller = stage.teller
    teller.act("Mails of the plugin")
    mails = stage.post.ours
    for mail in mails:
        teller.say(f"{language_of(mail):3} {mail.to[0]:28} {mail.subject}")
    own = len(stage.shop.mailbox.mails) - len(mails)
    teller.say(f"Saleor itself sent {own} mails besides.")
    _check_mails(stage)
    teller.act("Go on by hand")
    teller.say(f"Staff     {STAFF_EMAIL} / {STAFF_PASSWORD}")
    teller.say(f"Customer  {ANNA.email} / {ANNA.password}")
    for person in MAILS:
        token = token_in(stage.post.to(person)[0])
        teller.say(f"{person.name}'s tracking page")
        teller.say("  " + stage.saleor.plugin_url(f"track/{token}/"))
    _offer(stage, "Owner: where is my order?", stage.anna, OWNER)
    _offer(stage, "Guest: the same by the link", stage.saleor.anybody, GUEST, token=stage.token)
    _offer(stage, "Staff: all return requests", stage.saleor.staff, STAFF)


def _check_mails(stage: Stage) -> None:
    """What the shop says it sent is what the story is about, and what the catcher caught."""
    edges = stage.saleor.staff.ask(SENT)["followUps"]["edges"]
    sent = Counter((edge["node"]["recipient"], edge["node"]["key"]) for edge in edges)
    sent += Counter([(VERA.email, ACKNOWLEDGED)] * bool(stage.post.to(VERA)))
    due = Counter((person.email, key) for person, keys in MAILS.items() for key in keys)
    more, missing = sorted((sent - due).elements()), sorted((due - sent).elements())
    stage.teller.check("No mail that the story doesn't name", [], more)
    stage.teller.check("And none missing", [], missing)
    caught = {person.email: len(stage.post.to(person)) for person in MAILS}
    expected = {person.email: len(keys) for person, keys in MAILS.items()}
    stage.teller.check("Each came once, and no other", expected, caught)
    stage.teller.check("Nobody else got one", sum(expected.values()), len(stage.post.ours))
    languages = sorted({language_of(mail) for mail in stage.post.ours})
    stage.teller.check("In four languages", ["bg", "en", "pl", "ru"], languages)


def _offer(stage: Stage, title: str, api: Api, query: str, **variables: Any) -> None:
    """A query as a command to copy, tried first."""
    stage.teller.say()
    works = "errors" not in api.post(query, **variables)
    stage.teller.check(title, True, works)
    stage.shop.progress.say(curl(api, query, variables))


def curl(api: Api, query: str, variables: dict[str, Any]) -> str:
    """The request as a command for a shell."""
    body = json.dumps({"query": " ".join(query.split()), "variables": variables})
    headers = [f"{name}: {value}" for name, value in api.headers.items()]
    words = ["curl", "-s", api.url, *(word for header in headers for word in ("-H", header))]
    return " ".join(map(shlex.quote, [*words, "-d", body]))
