"""Legal rows: default, floor, source. Floors are applied last and can't be undercut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Dict, FrozenSet, Mapping, NamedTuple

from .. import workdays
from . import local_days


class Limit(Enum):
    """What a setting may do to a row."""

    #: More than the floor, never less: periods in which the customer may act.
    AT_LEAST = "AT_LEAST"
    #: Less than the floor, never more: periods in which the merchant must act, and fees.
    AT_MOST = "AT_MOST"
    #: Nothing.
    FIXED = "FIXED"
    #: Anything: the law names no number, or leaves it to the merchant.
    FREE = "FREE"


@dataclass(frozen=True)
class LegalRow:
    """One rule in numbers; switches are 1 and 0."""

    default: int
    floor: int
    source: str
    limit: Limit = Limit.AT_LEAST

    def bounded(self, wished: int) -> int:
        """The wished number as far as the law permits it."""
        if self.limit is Limit.AT_LEAST:
            return max(wished, self.floor)
        if self.limit is Limit.AT_MOST:
            return min(wished, self.floor)
        return self.default if self.limit is Limit.FIXED else wished


class LegalWord(NamedTuple):
    """One rule that is no number; no setting changes it."""

    value: str
    source: str


_CRD = "Directive 2011/83/EU Art. "
_SALE = "Directive (EU) 2019/771 Art. "
_REPAIR = "Directive (EU) 2024/1799 Art. 16, amending 2019/771 Art. "
_PERIODS = "Regulation 1182/71 Art. "
_STORAGE = "GDPR Art. 5(1)(e)"

_MOST, _FIXED, _FREE = Limit.AT_MOST, Limit.FIXED, Limit.FREE

ROWS: Dict[str, LegalRow] = {
    "withdrawal.period_days": LegalRow(14, 14, _CRD + "9(1)"),
    "withdrawal.shift_to_working_day": LegalRow(1, 1, _PERIODS + "3(4)"),
    "withdrawal.uninformed_extension_months": LegalRow(12, 12, _CRD + "10"),
    "withdrawal.button_enabled": LegalRow(1, 1, _CRD + "11a(1)"),
    "withdrawal.reason_required": LegalRow(0, 0, _CRD + "9(1)", _MOST),
    "withdrawal.account_required": LegalRow(0, 0, "Directive (EU) 2023/2673 recital 37", _MOST),
    "withdrawal.partial": LegalRow(1, 0, "Directive (EU) 2023/2673 recital 37", _FREE),
    "withdrawal.ack_alarm_hours": LegalRow(1, 1, _CRD + "11a(4)", _MOST),
    "withdrawal.model_form": LegalRow(1, 1, _CRD + "11(1), Annex I(B)"),
    "withdrawal.b2b": LegalRow(0, 0, _CRD + "2(1), 3(1)", _FREE),
    "refund.deadline_days": LegalRow(14, 14, _CRD + "13(1)", _MOST),
    "refund.same_means": LegalRow(1, 1, _CRD + "13(1)"),
    "return.send_back_days": LegalRow(14, 14, _CRD + "14(1)"),
    "return.diminished_value": LegalRow(1, 1, _CRD + "14(2)", _MOST),
    "return.fees": LegalRow(0, 0, f"{_CRD}13(1); {_SALE}14", _MOST),
    "guarantee.period_months": LegalRow(24, 24, _SALE + "10"),
    "guarantee.presumption_months": LegalRow(12, 12, _SALE + "11"),
    "guarantee.repair_extension_months": LegalRow(12, 12, _REPAIR + "10"),
    "guarantee.inform_before_remedy": LegalRow(1, 1, _REPAIR + "13"),
    # 0: no number is set, only a reasonable time.
    "complaint.reply_days": LegalRow(14, 14, "no rule of the EU; national", _FREE),
    "conformity.deadline_months": LegalRow(0, 0, _SALE + "14(1)", _FREE),
    "delivery.max_days": LegalRow(30, 30, _CRD + "18(1), unless agreed", _FREE),
    "notice.guarantee": LegalRow(1, 1, "Directive (EU) 2024/825, from 27 September 2026"),
    "mail.marketing_opt_in": LegalRow(0, 0, "Directive 2002/58/EC Art. 13(1)-(2)"),
    "mail.unsubscribe": LegalRow(1, 1, "RFC 8058; Directive 2002/58/EC Art. 13(2)"),
    "mail.honour_unsubscribe_days": LegalRow(0, 2, "Gmail and Yahoo sender rules", _MOST),
    "review.reward": LegalRow(0, 0, "Directive 2005/29/EC Annex I 23b-23c", _FREE),
    "automation.deny": LegalRow(0, 0, "GDPR Art. 22", _MOST),
    "retention.request_years": LegalRow(6, 6, _STORAGE, _FREE),
    "retention.evidence_years": LegalRow(10, 10, _STORAGE, _FREE),
    "retention.photos_years": LegalRow(1, 1, _STORAGE, _FREE),
    "retention.messages_years": LegalRow(3, 3, _STORAGE, _FREE),
    "retention.scores_years": LegalRow(2, 2, _STORAGE, _FREE),
    "retention.tracking_payload_days": LegalRow(180, 180, _STORAGE, _FREE),
}

WORDS: Dict[str, LegalWord] = {
    "withdrawal.start": LegalWord("LAST_GOOD_IN_POSSESSION", _CRD + "9(2)(b)"),
    "withdrawal.start_fallback": LegalWord("NOT_STARTED", "possession can't be presumed"),
    "withdrawal.day_count": LegalWord("DAY_AFTER_UNTIL_24_LOCAL", _PERIODS + "3(1)-(2)"),
    "withdrawal.button_label": LegalWord("BY_LANGUAGE", _CRD + "11a(1), (3)"),
    "withdrawal.required_fields": LegalWord("NAME CONTRACT ADDRESS", _CRD + "11a(2)"),
    "withdrawal.ack_content": LegalWord("STATEMENT DATE TIME REFERENCE", _CRD + "11a(4)"),
    "withdrawal.exceptions": LegalWord("ABCDEFGHIJKLM", _CRD + "16"),
    "refund.withhold_until": LegalWord("GOODS_OR_PROOF", _CRD + "13(3)"),
    "refund.outbound_delivery": LegalWord("CHEAPEST_STANDARD", _CRD + "13(1)-(2)"),
    "return.cost_payer": LegalWord("CUSTOMER_IF_INFORMED", _CRD + "14(1)"),
    "guarantee.remedy_order": LegalWord("REPAIR_OR_REPLACEMENT_FIRST", _SALE + "13"),
    "guarantee.cost_payer": LegalWord("MERCHANT", _SALE + "14"),
    "risk.passes": LegalWord("PHYSICAL_POSSESSION", _CRD + "20"),
    "a11y.target": LegalWord("WCAG_2_2_AA", "Directive (EU) 2019/882; EN 301 549"),
}

#: Rows that a country's own law replaces, for goods delivered there.
NATIONAL: Dict[str, Dict[str, LegalRow]] = {
    "PL": {
        "complaint.reply_days": LegalRow(14, 14, "PL Consumer Rights Act Art. 7a", _MOST),
        "guarantee.presumption_months": LegalRow(24, 24, "PL Consumer Rights Act Art. 43c"),
        "mail.marketing_opt_in": LegalRow(1, 1, "PL Electronic Communications Act Art. 398"),
    },
    "BG": {
        "conformity.deadline_months": LegalRow(
            1, 1, "BG Digital Content and Sale of Goods Act", _MOST
        ),
    },
    "ES": {
        "guarantee.period_months": LegalRow(36, 36, "ES Royal Decree 1/2007 Art. 120"),
        "guarantee.presumption_months": LegalRow(24, 24, "ES Royal Decree 1/2007 Art. 121"),
    },
    "FR": {
        "guarantee.presumption_months": LegalRow(24, 24, "FR Consumer Code Art. L217-7"),
    },
    "PT": {
        "guarantee.period_months": LegalRow(36, 36, "PT Decree-Law 84/2021 Art. 12"),
        "guarantee.presumption_months": LegalRow(24, 24, "PT Decree-Law 84/2021 Art. 13"),
    },
    "SE": {
        "guarantee.period_months": LegalRow(36, 36, "SE Consumer Sales Act (2022:260)"),
        "guarantee.presumption_months": LegalRow(24, 24, "SE Consumer Sales Act (2022:260)"),
    },
}

_RU = "RU Consumer Protection Act Art. 26.1"

#: Laws of countries outside the EU that give less; they hold only where the merchant has
#: switched them on, and only for goods delivered there.
PROFILES: Dict[str, Dict[str, LegalRow]] = {
    "RU": {
        "withdrawal.period_days": LegalRow(7, 7, _RU),
        "withdrawal.uninformed_extension_months": LegalRow(3, 3, _RU),
        "refund.deadline_days": LegalRow(10, 10, _RU, _MOST),
    },
}

NO_PROFILES: FrozenSet[str] = frozenset()


@lru_cache(maxsize=None)
def _rows(country: str, profiles: FrozenSet[str]) -> Mapping[str, LegalRow]:
    own = PROFILES.get(country, {}) if country in profiles else {}
    return {**ROWS, **NATIONAL.get(country, {}), **own}


def row_of(key: str, country: str = "", profiles: FrozenSet[str] = NO_PROFILES) -> LegalRow:
    """The row that holds for goods delivered to a country."""
    return _rows(country, profiles)[key]


def applied(
    key: str, country: str = "", wished: int = 0, profiles: FrozenSet[str] = NO_PROFILES
) -> int:
    """
    The number that holds: the wish, or the row's default where it is 0, then the floor.

    Args:
        wished: what settings and product data say; can't undercut the floor.
        profiles: countries whose own, lesser law the merchant has switched on.
    """
    row = _rows(country, profiles)[key]
    return row.bounded(wished or row.default)


def at_least(key: str, wished: int) -> int:
    """The wished number, raised to the floor of that row."""
    return max(wished, ROWS[key].floor)


def day_of_event(moment: datetime, country: str = "") -> date:
    """
    Calendar day of a delivery where it was delivered, in the customer's favour.

    In a country of several zones, and where the country isn't known, the day is taken
    where it starts first, so that the period never starts a day early. The offset in
    which a carrier wrote the moment says nothing.
    """
    return local_days.last_day_of(moment, country)


def day_of_statement(moment: datetime, country: str = "") -> date:
    """Calendar day of a statement, in the customer's favour: where the day ends last."""
    return local_days.first_day_of(moment, country)


@lru_cache(maxsize=4096)
def last_day(event_on: date, period_days: int, country: str = "") -> date:
    """
    Last day of a period in calendar days that starts the day after the event.

    A period that would end on a Saturday, a Sunday or a public holiday of the country
    ends on the next working day.

    Source: Regulation 1182/71 Art. 3(1) and (4).
    """
    return workdays.working_day_from(event_on + timedelta(days=period_days), country)


@lru_cache(maxsize=4096)
def last_day_of_months(event_on: date, months: int, country: str = "") -> date:
    """
    Last day of a period in months: the day with the event's number, or the month's last.

    Source: Regulation 1182/71 Art. 3(2)(c) and (4).
    """
    index = event_on.year * 12 + event_on.month - 1 + months
    year, month = divmod(index, 12)
    for number in range(event_on.day, 0, -1):
        try:
            return workdays.working_day_from(date(year, month + 1, number), country)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")
