"""The end: what was checked, what was mailed, and how to go on by hand."""

from __future__ import annotations

import json
import shlex
from typing import Any

from .api import Api
from .people import ANNA, BORIS, STAFF_EMAIL, STAFF_PASSWORD, VERA
from .post import language_of, token_in
from .stage import Stage

OWNER = """{ me { orders(first: 1) { edges { node { number
  timeline { status progress text entries { at kind title detail } } } } } } }"""
GUEST = """query($token: String!) { orderTimeline(accessToken: $token) {
  number progress text shipments { trackingNumber text events { occurredAt text location } } } }"""
STAFF = """{ returnRequests(first: 10) { totalCount edges { node {
  number state orderNumber lines { productName quantity state }
  refunds { state amount { amount currency } } availableActions } } } }"""


def say_goodbye(stage: Stage) -> None:
    """Mails by subject, logins, pages and three queries to copy."""
    teller = stage.teller
    teller.act("Mails of the plugin")
    mails = stage.post.ours
    for mail in mails:
        teller.say(f"{language_of(mail):3} {mail.to[0]:28} {mail.subject}")
    own = len(stage.shop.mailbox.mails) - len(mails)
    teller.say(f"Saleor itself sent {own} mails besides.")
    expected = {ANNA.email: 7, BORIS.email: 8, VERA.email: 9}
    counts = {person.email: len(stage.post.to(person)) for person in (ANNA, BORIS, VERA)}
    total = sum(expected.values())
    teller.check("Each came once, and no other", (expected, total), (counts, len(mails)))
    teller.act("Go on by hand")
    teller.say(f"Staff     {STAFF_EMAIL} / {STAFF_PASSWORD}")
    teller.say(f"Customer  {ANNA.email} / {ANNA.password}")
    for person in (ANNA, BORIS, VERA):
        token = token_in(stage.post.to(person)[0])
        teller.say(f"{person.name}'s tracking page")
        teller.say("  " + stage.saleor.plugin_url(f"track/{token}/"))
    _offer(stage, "Owner: where is my order?", stage.anna, OWNER)
    _offer(stage, "Guest: the same by the link", stage.saleor.anybody, GUEST, token=stage.token)
    _offer(stage, "Staff: all return requests", stage.saleor.staff, STAFF)


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
