"""Mails that ask for an opinion or offer something: only with consent, see ``marketing``."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Optional

from babel.numbers import format_currency
from django.utils import timezone

from .. import events
from ..config import Settings, settings_of
from ..consents.topics import Topic
from ..feedback import links, scores
from ..feedback import queries as feedback_queries
from ..feedback.models import Feedback, ThanksVoucher
from ..returns.bases import Basis
from ..returns.models import ReturnRequest
from ..returns.states import ReturnState
from ..tracking.models import OrderRecord
from . import marketing
from .kept_goods import kept_lines, suggestions
from .kinds import MARKETING, Context, Draft, mail
from .models import OutboxMail

#: After a wrong that was put right these customers are told that they matter.
_WRONGED = (Basis.NON_CONFORMITY.value, Basis.DELIVERY_PROBLEM.value)

#: Working days after delivery until the goods are known well enough.
REVIEW_AFTER = 8
#: Nobody is asked later than three weeks after delivery.
REVIEW_UNTIL = timedelta(days=9)

#: Days after delivery until other goods are shown.
RELATED_AFTER = timedelta(days=16)

_Delivered = events.OrderDelivered


def _feedback_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    if feedback_queries.feedback_of(row.order) is not None:
        return None
    urls = links.score_urls(row.order, settings=settings)
    return {
        "feedback_url": links.feedback_url(row.order, settings=settings),
        "scores": [{"score": score, "url": url} for score, url in urls],
    }


@mail(
    "feedback.delivery",
    MARKETING,
    on=_Delivered,
    topic=Topic.FEEDBACK,
    refresh=_feedback_at_sending,
)
def feedback_delivery(event: _Delivered) -> Optional[Draft]:
    """How was it? A working day after the last parcel came; not if the customer said so."""
    record = _record(event.order_ref)
    due_at = marketing.due_after(event.delivered_at, 1, record.country)
    # The advice of ``howto.product`` is worth more on that day: it goes first.
    return _draft(record, due_at=marketing.quiet_until(due_at + timedelta(hours=1), record.country))


def _review_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    kept = kept_lines(row.order)
    if not kept:
        return None
    return {
        "lines": [line.words() for line in kept],
        "feedback_url": links.feedback_url(row.order, settings=settings),
        "reviews": [link._asdict() for link in settings.review_links],
    }


@mail(
    "feedback.product_review",
    MARKETING,
    on=_Delivered,
    topic=Topic.FEEDBACK,
    refresh=_review_at_sending,
    good_for=REVIEW_UNTIL,
)
def feedback_product_review(event: _Delivered) -> Optional[Draft]:
    """How are the goods? Everybody is asked, whatever they may say."""
    record = _record(event.order_ref)
    return _draft(
        record, due_at=marketing.due_after(event.delivered_at, REVIEW_AFTER, record.country)
    )


def _related_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    goods = suggestions(row.order, kept_lines(row.order), settings, row.language)
    return {"promotion": {"goods": goods}} if goods else None


@mail(
    "recommend.related",
    MARKETING,
    on=_Delivered,
    topic=Topic.OFFERS,
    refresh=_related_at_sending,
    good_for=timedelta(days=21),
)
def recommend_related(event: _Delivered) -> Optional[Draft]:
    """Goods that go with those kept; only where the merchant said where products are shown."""
    record = _record(event.order_ref)
    if not settings_of(record.channel).product_page_url:
        return None
    moment = event.delivered_at + RELATED_AFTER
    return _draft(record, due_at=marketing.quiet_until(moment, record.country))


def _referral_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    said = feedback_queries.feedback_of(row.order)
    if said is None or not scores.is_high(said.score) or not settings.referral_url:
        return None
    return {"promotion": {"url": settings.referral_url}}


@mail(
    "referral.ask",
    MARKETING,
    on=events.FeedbackGiven,
    topic=Topic.OFFERS,
    refresh=_referral_at_sending,
)
def referral_ask(event: events.FeedbackGiven) -> Optional[Draft]:
    """Somebody gave the best score, and the merchant has a page for friends."""
    record = _record(event.order_ref)
    if not scores.is_high(event.after) or not settings_of(record.channel).referral_url:
        return None
    given_at = Feedback.objects.get(pk=event.feedback_id).changed_at
    return _draft(record, due_at=marketing.due_after(given_at, 2, record.country))


def _voucher_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    # Its code is money: it is looked up when the mail is made, and kept nowhere.
    voucher = ThanksVoucher.objects.filter(order=row.order, state="CREATED").first()
    if voucher is None or voucher.expires_on < timezone.now().date():
        return None
    return {
        "promotion": {"code": voucher.code, "value": _value_of(voucher, row)},
        "voucher_until": voucher.expires_on,
    }


def _value_of(voucher: ThanksVoucher, row: OutboxMail) -> str:
    value: Decimal = voucher.value
    if voucher.is_percentage:
        return f"{value.normalize():f} %"
    return str(format_currency(value, row.order.currency, locale=row.language))


@mail(
    "voucher.thanks",
    MARKETING,
    on=events.VoucherCreated,
    topic=Topic.OFFERS,
    refresh=_voucher_at_sending,
    good_for=timedelta(days=30),
    # Source: Directive 2005/29/EC Annex I 23b-c: a reward doesn't depend on what was said.
    is_for_any_score=True,
)
def voucher_thanks(event: events.VoucherCreated) -> Optional[Draft]:
    """The voucher for feedback, whatever the score was."""
    return _draft(_record(event.order_ref))


def _winback_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    goods = suggestions(row.order, kept_lines(row.order), settings, row.language)
    return {"promotion": {"goods": goods}}


@mail(
    "winback.goodwill",
    MARKETING,
    on=events.ReturnTransitioned,
    topic=Topic.OFFERS,
    refresh=_winback_at_sending,
)
def winback_goodwill(event: events.ReturnTransitioned) -> Optional[Draft]:
    """Five working days after something that was the shop's fault was put right."""
    if event.after != ReturnState.COMPLETED.value:
        return None
    request = ReturnRequest.objects.select_related("order").get(pk=event.return_request_id)
    is_wronged = request.lines.filter(basis__in=_WRONGED).exists()
    if not is_wronged or request.resolution == "NO_ACTION":
        return None
    due_at = marketing.due_after(timezone.now(), 5, request.order.country)
    return _draft(request.order, due_at=due_at)


def _record(order_ref: str) -> OrderRecord:
    return OrderRecord.objects.get(order_ref=order_ref)


def _draft(record: OrderRecord, due_at: Optional[datetime] = None) -> Draft:
    """A mail that an order leads to once."""
    return Draft(f"order:{record.order_ref}", record.order_ref, {}, due_at)
