"""What the feedback page reads from its form, and what it shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from babel.numbers import format_currency, format_percent
from django.http import QueryDict

from .. import appearance, texts
from ..config import Settings
from ..feedback import categories, scores
from ..feedback.actions import MAX_COMMENT
from ..feedback.models import Feedback, ThanksVoucher
from ..feedback.rewards import Reward
from ..feedback.vouchers import VoucherState
from ..returns import local_days
from ..tracking.models import OrderRecord

#: Says that a form has all fields: boxes that aren't ticked are never sent.
_WHOLE = "details"


class Opened(NamedTuple):
    """The order a link opens."""

    record: OrderRecord
    settings: Settings
    language: str


class Entered(NamedTuple):
    """What somebody chose or typed; None: that field wasn't there."""

    #: 0: something that is no score.
    score: Optional[int] = None
    comment: Optional[str] = None
    categories: Optional[Tuple[str, ...]] = None
    #: Field and code of what couldn't be taken.
    fault: Tuple[str, str] = ("", "")


def whole_score(value: str) -> int:
    """The score somebody sent; 0: it is none."""
    return {str(score): score for score in scores.SCORES}.get(value, 0)


def read(form: QueryDict) -> Entered:
    """The form as it was sent; the action judges it."""
    is_whole = _WHOLE in form
    comment = form.get("comment", "").replace("\r\n", "\n").strip()
    return Entered(
        score=whole_score(form["score"]) if "score" in form else None,
        comment=comment if is_whole or comment else None,
        categories=tuple(form.getlist("category")) if is_whole or "category" in form else None,
    )


def context_of(
    opened: Opened, entered: Entered, row: Optional[Feedback], voucher: Optional[ThanksVoucher]
) -> Dict[str, Any]:
    """What the two templates need; in the active language."""
    settings, field = opened.settings, entered.fault[0]
    chosen = entered.score or 0
    stands = row.score if row else 0
    return {
        "languages": _languages(opened, chosen),
        "number": opened.record.number,
        "scores": [_score(score, chosen or stands) for score in scores.SCORES],
        "chosen": _score(chosen, chosen) if chosen and chosen != stands else None,
        "given": _score(stands, stands) if row else None,
        "fault": _fault_text(entered),
        "fault_field": field,
        "comment": _comment(entered, row),
        "most_characters": MAX_COMMENT,
        "categories": _categories(entered, row),
        "reply_on": _reply_on(row) if row else None,
        "answer": row.answer if row else "",
        "contact_url": appearance.contact_url(settings.support_contact),
        "review_links": settings.review_links,
        "referral_url": settings.referral_url if scores.is_high(stands) else "",
        "voucher": _voucher(opened, voucher) if voucher else None,
        "promise": _worth(opened, settings.voucher_value) if settings.voucher_value else "",
        "valid_days": settings.voucher_valid_days,
    }


def _languages(opened: Opened, chosen: int) -> List[Dict[str, Any]]:
    score = f"&score={chosen}" if chosen else ""
    return [
        {
            "code": code,
            "name": texts.LANGUAGE_NAMES[code],
            "url": f"./?language={code}{score}",
            "is_current": code == opened.language,
        }
        for code in opened.settings.languages
    ]


def _score(score: int, chosen: int) -> Dict[str, Any]:
    label = texts.text(f"score.{score}")
    return {"value": score, "label": label, "is_chosen": score == chosen}


def _fault_text(entered: Entered) -> str:
    field, code = entered.fault
    if not code:
        return ""
    codes = (f"feedback_fault.{field}.{code}", f"feedback_fault.{code}")
    known = next((each for each in codes if each in texts.TEXTS), "feedback_fault.INVALID")
    return texts.text(known)


def _comment(entered: Entered, row: Optional[Feedback]) -> str:
    if entered.comment is not None:
        return entered.comment
    return row.comment if row else ""


def _categories(entered: Entered, row: Optional[Feedback]) -> List[Dict[str, Any]]:
    ticked = entered.categories
    if ticked is None:
        ticked = tuple(row.categories) if row else ()
    return [
        {"code": code, "label": texts.text("category." + code), "is_ticked": code in ticked}
        for code in categories.CATEGORIES
    ]


def _reply_on(row: Feedback) -> Optional[date]:
    """The last day for staff's answer, where the customer lives; None: none is owed."""
    if row.reply_by is None or row.answered_at is not None:
        return None
    return local_days.last_day_of(row.reply_by - timedelta(seconds=1), row.order.country)


def _voucher(opened: Opened, row: ThanksVoucher) -> Dict[str, Any]:
    is_made = row.state == VoucherState.CREATED.value
    return {
        "code": row.code if is_made else "",
        "worth": _worth(opened, Reward(row.value, row.is_percentage)),
        "expires_on": row.expires_on,
    }


def _worth(opened: Opened, reward: Reward) -> str:
    """What a voucher takes off, as people read it."""
    if not reward.is_percentage:
        currency = opened.record.currency
        return str(format_currency(reward.value, currency, locale=opened.language))
    return str(format_percent(reward.value / 100, "#,##0.##%", locale=opened.language))
