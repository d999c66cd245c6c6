"""
The legal clocks of one return request, worked out from moments that are given: pure rules.

A clock says until when somebody must act, what started it, what stopped it, and on which
law that rests. Nothing here reads a clock or a row.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import FrozenSet, NamedTuple, Optional, Tuple

from . import legal
from .bases import Basis


class Duty(Enum):
    """What has to be done in time."""

    #: The merchant gives the money back.
    REFUND = "REFUND"
    #: The merchant answers a complaint.
    REPLY = "REPLY"
    #: The customer sends the goods back.
    SEND_BACK = "SEND_BACK"
    #: The merchant puts the goods right.
    CONFORMITY = "CONFORMITY"


class Start(Enum):
    """What set a clock going."""

    #: The merchant was told: the statement or complaint came in.
    TOLD = "TOLD"
    #: The customer made the statement.
    STATEMENT = "STATEMENT"


class Stop(Enum):
    """What ended a clock: the duty is done."""

    REFUNDED = "REFUNDED"
    REPLIED = "REPLIED"
    #: The customer handed the goods over, or proved it.
    SENT = "SENT"
    #: The goods are with the merchant.
    RECEIVED = "RECEIVED"
    #: Repaired, replaced, or the money was given back.
    REMEDIED = "REMEDIED"
    #: The merchant collects the goods or leaves them with the customer.
    NOT_NEEDED = "NOT_NEEDED"


class Moments(NamedTuple):
    """What happened to a request and when, aware; None: not yet."""

    #: The customer's statement or complaint reached the merchant.
    stated_at: datetime
    #: The customer handed the goods to a carrier, by scan or by proof.
    sent_at: Optional[datetime] = None
    #: All goods are with the merchant.
    received_at: Optional[datetime] = None
    refunded_at: Optional[datetime] = None
    #: The merchant answered the complaint on a durable medium.
    replied_at: Optional[datetime] = None
    #: Repaired or replaced goods are with the customer.
    remedied_at: Optional[datetime] = None
    #: The merchant fetches the goods, or lets the customer keep them.
    goods_waived_at: Optional[datetime] = None


class Clock(NamedTuple):
    """One legal period of a request."""

    duty: Duty
    started_by: Start
    started_at: datetime
    #: Last day, inclusive. None: withheld, or the law names no day.
    due_on: Optional[date]
    source: str
    stopped_by: Optional[Stop] = None
    stopped_at: Optional[datetime] = None
    #: The merchant may wait for the goods or a proof that they were sent.
    is_withheld: bool = False
    #: What ended the right to wait, and when.
    released_by: Optional[Stop] = None
    released_at: Optional[datetime] = None

    def is_overdue(self, now: datetime, country: str) -> bool:
        """Whether the day passed without the duty done, where the goods were delivered."""
        day_of = legal.day_of_statement if self.duty is Duty.SEND_BACK else legal.day_of_event
        return self.due_on is not None and day_of(self.stopped_at or now, country) > self.due_on


def clocks_of(
    basis: Basis,
    moments: Moments,
    country: str,
    *,
    profiles: FrozenSet[str] = legal.NO_PROFILES,
) -> Tuple[Clock, ...]:
    """
    The clocks that run, or ran, for lines on one basis.

    Args:
        country: where the goods were delivered, ISO 3166 alpha-2.
        profiles: countries whose own, lesser law is switched on.
    """
    if basis is Basis.WITHDRAWAL:
        return (
            refund_clock(moments, country, profiles=profiles),
            send_back_clock(moments, country),
        )
    if basis in (Basis.NON_CONFORMITY, Basis.DELIVERY_PROBLEM):
        return (reply_clock(moments, country), conformity_clock(moments, country))
    return ()


def refund_clock(
    moments: Moments, country: str, *, profiles: FrozenSet[str] = legal.NO_PROFILES
) -> Clock:
    """
    When the money of a withdrawal must be back.

    Fourteen days from being told. Until the goods are back or were shown to be sent,
    whichever is earlier, the merchant may wait; where that comes after the fourteen days,
    the money is due on its day. Whoever fetches the goods may not wait.

    Source: Directive 2011/83/EU Art. 13(1) and (3).
    """
    row = legal.row_of("refund.deadline_days", country, profiles)
    told_on = _told_on(moments, country)
    due_on = legal.last_day(told_on, row.floor, country)
    released_at, released_by = _release(moments)
    is_done = moments.refunded_at is not None
    if released_at is not None:
        due_on = max(due_on, legal.day_of_statement(released_at, country))
    is_withheld = released_at is None and not is_done
    return Clock(
        Duty.REFUND,
        Start.TOLD,
        moments.stated_at,
        None if is_withheld else due_on,
        row.source,
        Stop.REFUNDED if is_done else None,
        moments.refunded_at,
        is_withheld,
        released_by,
        released_at,
    )


def _told_on(moments: Moments, country: str) -> date:
    """Where zones leave a choice, the earlier day: the merchant's time isn't made longer."""
    return legal.day_of_statement(moments.stated_at, country)


def _release(moments: Moments) -> Tuple[Optional[datetime], Optional[Stop]]:
    """The earliest of all that ends the right to wait for the goods."""
    return _earliest(
        (moments.received_at, Stop.RECEIVED),
        (moments.sent_at, Stop.SENT),
        (moments.goods_waived_at, Stop.NOT_NEEDED),
    )


def _earliest(
    *ends: Tuple[Optional[datetime], Stop],
) -> Tuple[Optional[datetime], Optional[Stop]]:
    happened = [(at, stop) for at, stop in ends if at is not None]
    return min(happened, key=lambda end: end[0]) if happened else (None, None)


def send_back_clock(moments: Moments, country: str) -> Clock:
    """
    Until when the customer must hand the goods over.

    Sending in time is enough, however long the carrier takes.

    Source: Directive 2011/83/EU Art. 14(1).
    """
    row = legal.row_of("return.send_back_days", country)
    stated_on = legal.day_of_event(moments.stated_at, country)
    stopped_at, stopped_by = _release(moments)
    return Clock(
        Duty.SEND_BACK,
        Start.STATEMENT,
        moments.stated_at,
        legal.last_day(stated_on, row.floor, country),
        row.source,
        stopped_by,
        stopped_at,
    )


def reply_clock(moments: Moments, country: str) -> Clock:
    """
    When a complaint must be answered: by a day only where a national law names one.

    Source: the row ``complaint.reply_days``.
    """
    row = legal.row_of("complaint.reply_days", country)
    is_binding = row.limit is legal.Limit.AT_MOST
    told_on = _told_on(moments, country)
    stopped_at, stopped_by = _earliest(
        (moments.replied_at, Stop.REPLIED),
        (moments.remedied_at, Stop.REMEDIED),
        (moments.refunded_at, Stop.REFUNDED),
    )
    return Clock(
        Duty.REPLY,
        Start.TOLD,
        moments.stated_at,
        legal.last_day(told_on, row.floor, country) if is_binding else None,
        row.source,
        stopped_by,
        stopped_at,
    )


def conformity_clock(moments: Moments, country: str) -> Clock:
    """
    When the goods must be put right: in a reasonable time, in Bulgaria within a month.

    Source: Directive (EU) 2019/771 Art. 14(1); the row ``conformity.deadline_months``.
    """
    row = legal.row_of("conformity.deadline_months", country)
    told_on = _told_on(moments, country)
    stopped_at, stopped_by = _earliest(
        (moments.remedied_at, Stop.REMEDIED), (moments.refunded_at, Stop.REFUNDED)
    )
    return Clock(
        Duty.CONFORMITY,
        Start.TOLD,
        moments.stated_at,
        legal.last_day_of_months(told_on, row.floor, country) if row.floor else None,
        row.source,
        stopped_by,
        stopped_at,
    )
