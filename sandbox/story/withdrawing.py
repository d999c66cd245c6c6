"""The act of Vera's withdrawal: two pages, no account, no reason, acknowledged at once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from .api import Answer, send
from .parcels import LOCKER
from .people import VERA
from .stage import Stage

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STATEMENTS = """{ withdrawalStatements(first: 5) { edges { node {
    reference state email returnRequest { number state } } } } }"""


def withdraw(stage: Stage) -> None:
    """A guest without a link states it from the shop's footer; staff find it matched."""
    teller = stage.teller
    teller.act("Vera withdraws from a contract, without account, link or reason")
    parcel, _link, _token = stage.veras[LOCKER]
    order = stage.veras_orders[LOCKER]
    parcel.push(parcel.event("DELIVERED", 2, "Paczkomat WAW04N"))
    stage.post.next(VERA, "she has collected the parcel", order.number)
    page = send(stage.saleor.plugin_url("withdraw/?language=ru"))
    _check(stage, "The page behind the shop's footer", page, "Отказаться от договора здесь")
    said = {"name": "Vera Orlova", "contract": f"Заказ {order.number}", "email": VERA.email}
    asked = _post(stage, {**said, "step": "confirm"})
    _check(stage, "The second page asks for nothing but to confirm", asked, "Подтвердить отказ")
    keys = re.findall(r'name="key" value="([^"]+)"', asked.text)
    declared = _post(stage, {**said, "step": "declare", "key": keys[0]})
    _check(stage, "What was stated, to keep or print", declared, "Vera Orlova")
    again = _post(stage, {**said, "step": "declare", "key": keys[0]})
    reference = _reference(declared)
    teller.check("A second click states nothing new", reference, _reference(again))
    mail = stage.post.next(VERA, "her statement was received", reference)
    if mail:
        teller.check("It repeats what she stated", True, f"Заказ {order.number}" in mail.text)
    found = ("MATCHED", True)
    teller.wait("The worker finds her order; a return begins", lambda: _seen(stage), found)
    stage.post.next(VERA, "her return is registered", _request_number(stage))


def _request_number(stage: Stage) -> str:
    found = stage.saleor.staff.ask(STATEMENTS)["withdrawalStatements"]["edges"][0]["node"]
    return str(found["returnRequest"]["number"])


def _post(stage: Stage, form: dict[str, str]) -> Answer:
    url = stage.saleor.plugin_url("withdraw/?language=ru")
    return send(url, urlencode(form).encode(), FORM)


def _check(stage: Stage, what: str, page: Answer, words: str) -> None:
    stage.teller.check(f"{what}: “{words}”", (200, True), (page.status, words in page.text))


def _reference(page: Answer) -> str:
    found = re.search(r"W-\d{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.text)
    return found.group(0) if found else ""


def _seen(stage: Stage) -> tuple[str, bool]:
    found: dict[str, Any] = stage.saleor.staff.ask(STATEMENTS)["withdrawalStatements"]
    newest = found["edges"][0]["node"]
    return (newest["state"], newest["returnRequest"] is not None)
