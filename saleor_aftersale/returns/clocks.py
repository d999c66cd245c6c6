"""A request's own clocks: the law's deadlines as columns, and when silence ends it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Collection, List, Optional

from ..config import Settings, settings_of
from . import deadlines, legal, local_days, unsent
from .bases import NOTHING_TO_SEND, Basis
from .deadlines import Duty, Moments
from .models import ReturnMethod, ReturnRequest
from .states import IDLE, TERMINAL, ReturnState
from .threads import Side

#: A draft nobody sends is discarded then.
DRAFT_KEPT = timedelta(days=14)

_UNDECIDED = (ReturnState.SUBMITTED, ReturnState.NEEDS_INFO)
_APPROVED = (ReturnState.APPROVED, ReturnState.PARTLY_APPROVED)


def set_clocks(request: ReturnRequest, bases: Collection[Basis], now: datetime) -> None:
    """
    Set what is due on a request that has just got its state; saves nothing.

    Args:
        bases: of its lines.
    """
    state = ReturnState(request.state)
    settings = settings_of(request.channel)
    _forget_answers(request, state)
    waived = waived_at(request, bases, settings)
    due_on = {clock.duty: clock.due_on for clock in _open_clocks(request, bases, settings, waived)}
    country = request.order.country
    request.reply_due_at = _end_of(due_on.get(Duty.REPLY), country)
    request.refund_due_at = _end_of(due_on.get(Duty.REFUND), country)
    owed = [
        request.reply_due_at,
        request.refund_due_at,
        _end_of(due_on.get(Duty.CONFORMITY), country),
    ]
    request.due_at = min((moment for moment in owed if moment), default=None)
    send_on = None if waived else _send_back_on(request, due_on.get(Duty.SEND_BACK), now)
    request.send_back_by = _end_of(send_on, country, is_customers=True)
    request.expires_at = None if Basis.WITHDRAWAL in bases else _expires_at(request, settings)


def _forget_answers(request: ReturnRequest, state: ReturnState) -> None:
    """An answer nobody waits for any more isn't owed."""
    is_moot = state is not ReturnState.NEEDS_INFO and request.answer_owed_by == Side.CUSTOMER.value
    if state in TERMINAL or is_moot:
        request.answer_owed_by, request.answer_owed_since = "", None


def _open_clocks(
    request: ReturnRequest,
    bases: Collection[Basis],
    settings: Settings,
    waived: Optional[datetime],
) -> List[deadlines.Clock]:
    """Clocks whose duty isn't done yet, the earliest of each duty last."""
    state = ReturnState(request.state)
    if state in IDLE:
        return []
    moments = Moments(
        request.submitted_at, request.sent_at, request.received_at, goods_waived_at=waived
    )
    country, profiles = request.order.country, settings.legal_profiles
    found = [
        clock
        for basis in bases
        for clock in deadlines.clocks_of(basis, moments, country, profiles=profiles)
        if clock.due_on and clock.stopped_at is None
    ]
    is_answered = state not in _UNDECIDED
    found = [clock for clock in found if not (is_answered and clock.duty is Duty.REPLY)]
    return sorted(found, key=lambda clock: clock.due_on or date.max, reverse=True)


def waived_at(
    request: ReturnRequest, bases: Collection[Basis], settings: Settings
) -> Optional[datetime]:
    """
    Since when no goods are waited for: the shop never sent them, or leaves them; None: they
    are to come.

    Source: Directive 2011/83/EU Art. 13(3), 14(1).
    """
    if Basis.WITHDRAWAL in bases and unsent.awaits_nothing(request):
        return request.submitted_at
    if not is_nothing_to_send(request, settings):
        return None
    chosen = _chosen_method(request)
    return chosen.decided_at if chosen else request.submitted_at


def is_nothing_to_send(request: ReturnRequest, settings: Settings) -> bool:
    """Whether the customer keeps everything, by staff's word or else by the shop's settings."""
    chosen = _chosen_method(request)
    method = chosen.method if chosen else settings.return_methods[0]
    return method in NOTHING_TO_SEND


def _chosen_method(request: ReturnRequest) -> Optional[ReturnMethod]:
    return getattr(request, "chosen_method", None)


def _send_back_on(request: ReturnRequest, lawful: Optional[date], now: datetime) -> Optional[date]:
    """
    Last day for the customer to send.

    Counted from the approval where that is later: more time than the law asks for.
    """
    if request.sent_at or request.received_at:
        return None
    if ReturnState(request.state) not in _APPROVED:
        return lawful
    country = request.order.country
    days = legal.row_of("return.send_back_days", country).floor
    granted = legal.last_day(legal.day_of_event(now, country), days, country)
    return max(granted, lawful or granted)


def _expires_at(request: ReturnRequest, settings: Settings) -> Optional[datetime]:
    state = ReturnState(request.state)
    if state is ReturnState.DRAFT:
        return request.submitted_at + DRAFT_KEPT
    if state is ReturnState.NEEDS_INFO and request.answer_owed_since:
        return request.answer_owed_since + timedelta(days=settings.info_answer_days)
    if state in _APPROVED and request.send_back_by:
        return request.send_back_by + timedelta(days=settings.send_back_grace_days)
    return None


def _end_of(day: Optional[date], country: str, *, is_customers: bool = False) -> Optional[datetime]:
    """Midnight after a day, in the country's zone that favours the customer."""
    if day is None:
        return None
    zones = local_days.ZONES.get(country, local_days.ELSEWHERE)
    midnight = datetime.combine(day + timedelta(days=1), time(), timezone.utc)
    hours = zones.west if is_customers else zones.east
    summer = zones.has_summer_time and local_days.is_summer_time(midnight)
    return midnight - timedelta(hours=hours + summer)
