"""The acts of consent and feedback: nobody is written to unasked, a low score is answered."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from ..mailbox import Mail
from .api import send
from .people import EMMA, Order
from .stage import Stage

#: Marketing waits for days and for daylight; the story sets its clock instead.
AT_ITS_TIME = """
from datetime import timedelta
from django.utils import timezone
from saleor_aftersale.followups import delivery
from saleor_aftersale.followups.models import OutboxMail
mail = OutboxMail.objects.get(key={key!r}, order__number={number!r})
if mail.state == "QUEUED":
    day = (max(mail.due_at, timezone.now()) + timedelta(days={days})).replace(hour=10)
    # One a week goes to a mailbox: the others wait until the story comes to them.
    others = OutboxMail.objects.filter(to_email=mail.to_email, state="QUEUED").exclude(pk=mail.pk)
    others.filter(due_at__lte=day).update(due_at=day + timedelta(hours=1))
    delivery.deliver_mail(mail.pk, day)
    mail.refresh_from_db()
print("MAIL", mail.state, mail.detail)
"""
AGREE = """mutation($token: String!, $input: MailPreferencesInput!) {
    mailPreferencesUpdate(accessToken: $token, input: $input) {
      mailPreferences { topics { topic isWanted } } errors { field message code } } }"""
OWED = """{ feedbacks(first: 5, filter: {unanswered: true}) { edges { node {
    id score comment orderNumber replyBy } } } }"""
GIVEN = """{ feedbacks(first: 5) { edges { node {
    id score orderNumber answeredAt voucher { state code } } } } }"""
ANSWER = """mutation($id: ID!, $text: String!) { feedbackAnswer(id: $id, text: $text) {
    feedback { answeredAt } errors { field message code } } }"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
WISHES = ["FEEDBACK", "OFFERS"]
REPLY = "We are sorry: from today on we pack in two boxes."


def agree(stage: Stage) -> None:
    """Who said yes gets marketing, with a way out in its header; not who is in trouble."""
    teller = stage.teller
    teller.act("Asked for an opinion: who agreed to it, and has nothing to complain of")
    wish = {"topics": WISHES, "wording": "Yes, you may write to me.", "language": "en"}
    done = stage.saleor.anybody.do(AGREE, token=stage.emmas_token, input=wish)
    topics = done["mailPreferences"]["topics"]
    wanted = [topic["topic"] for topic in topics if topic["isWanted"]]
    teller.check("Emma agrees, by her link, to two of three topics", WISHES, wanted)
    outcome = _at_its_time(stage, "feedback.delivery", stage.emmas_new)
    teller.check("A working day later she is asked", ("SENT", ""), outcome)
    # After hers: a worker takes whatever is due on that day.
    outcome = _at_its_time(stage, "feedback.delivery", stage.boriss)
    teller.check("Boris sent goods back: left out", ("SKIPPED", "OPEN_RETURN"), outcome)
    mail = stage.post.next(EMMA, "her opinion is wanted", stage.emmas_new.number)
    if mail:
        stage.score_url = _link(mail, r"\?.*score=2")
        teller.check("Its header says how to unsubscribe", True, bool(_way_out(mail)))


def _at_its_time(stage: Stage, key: str, order: Order, days: int = 1) -> tuple[str, str]:
    """State and detail of a mail once its day has come, as a worker of that day leaves it."""
    said = stage.saleor.run(AT_ITS_TIME.format(key=key, number=order.number, days=days))
    words = next(line for line in said.splitlines() if line.startswith("MAIL ")).split()
    return words[1], " ".join(words[2:])


def _link(mail: Mail, end: str) -> str:
    found = re.search(rf"https?://\S+/feedback/\S+{end}", mail.text)
    return found.group(0) if found else ""


def _way_out(mail: Mail) -> str:
    return "".join(str(mail.message["List-Unsubscribe"] or "").split()).strip("<>")


def complain(stage: Stage) -> None:
    """A low score opens a task with a clock; staff answer; the voucher comes all the same."""
    teller, staff = stage.teller, stage.saleor.staff
    teller.act("A low score is a task for staff, and no reason to withhold the thanks")
    page = send(stage.score_url)
    seen = (page.status, staff.ask(OWED)["feedbacks"]["edges"])
    teller.check("Opening the link of a score says nothing yet", (200, []), seen)
    said = {"score": "2", "comment": "The box was torn."}
    thanks = send(stage.score_url, urlencode(said).encode(), FORM)
    teller.check("Sending it does", (200, True), (thanks.status, said["comment"] in thanks.text))
    owed: list[Any] = [edge["node"] for edge in staff.ask(OWED)["feedbacks"]["edges"]]
    shown = [(row["orderNumber"], row["score"], bool(row["replyBy"])) for row in owed]
    expected = [(stage.emmas_new.number, 2, True)]
    teller.check("Staff have a task with a clock", expected, shown)
    staff.do(ANSWER, id=owed[0]["id"], text=REPLY)
    mail = stage.post.next(EMMA, "the shop has answered", stage.emmas_new.number)
    if mail:
        text = " ".join(unescape(mail.text).split())
        teller.check("The mail holds the answer", True, REPLY in text)
    teller.check("The task is done", [], staff.ask(OWED)["feedbacks"]["edges"])


def thank(stage: Stage) -> None:
    """The voucher, mailed once; then one click, and it is over."""
    teller, staff = stage.teller, stage.saleor.staff
    teller.act("Thanks, once; and one click ends all marketing")

    def voucher() -> dict[str, Any]:
        return dict(staff.ask(GIVEN)["feedbacks"]["edges"][0]["node"]["voucher"] or {})

    teller.wait("The worker has made the voucher", lambda: voucher().get("state"), "CREATED")
    for _again in range(2):
        outcome = _at_its_time(stage, "voucher.thanks", stage.emmas_new, days=9)
    teller.check("A week after the last one it is mailed", ("SENT", ""), outcome)
    mail = stage.post.next(EMMA, "her voucher is there", stage.emmas_new.number)
    if mail is None:
        return
    teller.check("With its code", True, str(voucher()["code"]) in mail.text)
    teller.check("Asked again, it isn't sent again", 0, stage.post.unread(EMMA))
    answer = send(_way_out(mail), ONE_CLICK, FORM)
    teller.check("Her mail program posts to the address in its header", 200, answer.status)
    outcome = _at_its_time(stage, "feedback.product_review", stage.emmas_new, days=20)
    teller.check("The next one is left out", ("SKIPPED", "NO_CONSENT"), outcome)
    teller.check("Nothing else came", 0, stage.post.unread(EMMA))
