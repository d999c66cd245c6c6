"""
Mails about goods somebody has: how to use them, the end of their guarantee, time for new ones.

All are marketing although use, care and guarantee promote nothing: what a merchant writes into
the metadata isn't read by anybody, and consent is asked in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Callable, Dict, Iterable, List, Optional

from .. import events
from ..config import Settings, settings_of
from ..consents.topics import Topic
from ..returns import legal
from ..tracking.models import OrderRecord
from . import marketing
from .kept_goods import KeptLine, guarantee_months, kept_lines, product_url
from .kinds import MARKETING, Context, Draft, mail
from .models import OutboxMail
from .product_facts import NO_FACTS, ProductFacts, facts_of

_Delivered = events.OrderDelivered


def _howto_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    goods = {
        line.product.ref: {"name": line.name, **_facts(line, row.language)._asdict()}
        for line in kept_lines(row.order)
        if line.product and _facts(line, row.language).has_advice
    }
    return {"goods": list(goods.values())} if goods else None


@mail(
    "howto.product",
    MARKETING,
    on=_Delivered,
    topic=Topic.CARE,
    refresh=_howto_at_sending,
    good_for=timedelta(days=10),
)
def howto_product(event: _Delivered) -> Optional[Draft]:
    """A working day after delivery: how to use and care for it, where the shop says so."""
    record = _record(event)
    if not any(_facts(line).has_advice for line in kept_lines(record)):
        return None
    due_at = marketing.due_after(event.delivered_at, 1, record.country)
    return Draft(f"order:{record.order_ref}", record.order_ref, {}, due_at)


def _guarantee_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    months = row.context["months"]
    return _lines(
        line
        for line in kept_lines(row.order)
        if guarantee_months(line, row.order, settings) == months
    )


@mail(
    "guarantee.reminder",
    MARKETING,
    on=_Delivered,
    topic=Topic.CARE,
    refresh=_guarantee_at_sending,
    good_for=timedelta(days=21),
)
def guarantee_reminder(event: _Delivered) -> List[Draft]:
    """A month before the shop no longer answers for the goods; one for each such day."""
    record = _record(event)
    settings = settings_of(record.channel)
    grouped = _grouped(kept_lines(record), lambda line: guarantee_months(line, record, settings))
    came_on = legal.day_of_event(event.delivered_at, record.country)
    drafts = []
    for months in grouped:
        until = legal.last_day_of_months(came_on, months, record.country)
        due_on = legal.last_day_of_months(came_on, months - 1, record.country)
        context = {"months": months, "guarantee_until": until.isoformat()}
        due_at = _on(due_on, event.delivered_at, record)
        drafts.append(Draft(_subject(record, months), record.order_ref, context, due_at))
    return drafts


def _replenish_at_sending(row: OutboxMail, settings: Settings) -> Optional[Context]:
    lines = [
        line for line in kept_lines(row.order) if _facts(line).replenish_days == row.context["days"]
    ]
    goods = [
        {"name": line.name, "url": product_url(line.product.slug, settings)}
        for line in lines
        if line.product
    ]
    return {"promotion": {"goods": goods}} if goods else None


@mail(
    "replenish.reminder",
    MARKETING,
    on=_Delivered,
    topic=Topic.OFFERS,
    refresh=_replenish_at_sending,
)
def replenish_reminder(event: _Delivered) -> List[Draft]:
    """By the days after which the shop says it is used up; one for each number of days."""
    record = _record(event)
    grouped = _grouped(kept_lines(record), lambda line: _facts(line).replenish_days)
    return [
        Draft(
            _subject(record, days),
            record.order_ref,
            {"days": days},
            marketing.quiet_until(event.delivered_at + timedelta(days=days), record.country),
        )
        for days in grouped
    ]


def _record(event: _Delivered) -> OrderRecord:
    return OrderRecord.objects.get(order_ref=event.order_ref)


def _facts(line: KeptLine, language: str = "") -> ProductFacts:
    return facts_of(line.product, language) if line.product else NO_FACTS


def _grouped(
    lines: List[KeptLine], number_of: Callable[[KeptLine], int]
) -> Dict[int, List[KeptLine]]:
    """Lines by a number, the smallest first; those without one are left out."""
    groups: Dict[int, List[KeptLine]] = defaultdict(list)
    for line in lines:
        if number_of(line):
            groups[number_of(line)].append(line)
    return dict(sorted(groups.items()))


def _lines(lines: Iterable[KeptLine]) -> Optional[Context]:
    found = [line.words() for line in lines]
    return {"lines": found} if found else None


def _subject(record: OrderRecord, number: int) -> str:
    return f"order:{record.order_ref}:{number}"


def _on(day: date, moment: datetime, record: OrderRecord) -> datetime:
    return marketing.quiet_until(datetime.combine(day, moment.timetz()), record.country)
