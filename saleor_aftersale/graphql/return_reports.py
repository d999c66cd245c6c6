"""Figures on returns for staff, and the link to the table behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, List, NamedTuple, Optional

import graphene
from django.utils import timezone

from ..config import PLUGIN_ID
from ..host import db, hooks
from ..host import graphql as host
from ..returns import report_links, reports
from ..returns.report_sql import GroupBy
from ..returns.reports import Figures, Report
from ..values import Money, is_storable
from . import callers
from .errors import PluginInactive
from .tracking import list_of

ReturnReportGroupByEnum = graphene.Enum(
    "ReturnReportGroupBy",
    [(group.name, group.value) for group in GroupBy if group is not GroupBy.ALL],
)


class ReturnReportFit(graphene.ObjectType):
    """Pieces asked back because of how they fit."""

    too_small = graphene.Int(required=True)
    too_large = graphene.Int(required=True)
    poor_fit = graphene.Int(required=True)


class ReturnReportFigures(graphene.ObjectType):
    """What a report says of one group, or of all."""

    key = graphene.String(
        required=True,
        description="Product name, SKU, reason code, channel slug, or month as 2026-06.",
    )
    label = graphene.String(required=True, description="The same for people.")
    requests = graphene.Int(required=True, description="Requests submitted, also declined ones.")
    requested_pieces = graphene.Int(
        required=True, description="Pieces asked back, without declined and withdrawn requests."
    )
    returned_pieces = graphene.Int(required=True, description="Of these, pieces that arrived.")
    sent_pieces = graphene.Int(
        required=True, description="Pieces in parcels made in the period; by reason, all of them."
    )
    return_rate = graphene.Float(
        description="Returned over sent pieces; null when none were sent. May be above 1."
    )
    refunded = graphene.Field(
        list_of(host.Money), description="Confirmed refunds, one amount for each currency."
    )
    median_days_to_refund = graphene.Float(description="From the request to the money.")
    p90_days_to_refund = graphene.Float(description="Nine in ten are faster.")
    in_time_share = graphene.Float(
        description="Share of refunded withdrawals that were paid within the legal deadline."
    )
    fit = graphene.Field(ReturnReportFit, required=True)

    @staticmethod
    def resolve_refunded(root: Figures, _info: Any) -> List[Money]:
        return list(root.refunded)

    @staticmethod
    def resolve_median_days_to_refund(root: Figures, _info: Any) -> Optional[float]:
        return root.speed.median_days

    @staticmethod
    def resolve_p90_days_to_refund(root: Figures, _info: Any) -> Optional[float]:
        return root.speed.p90_days

    @staticmethod
    def resolve_in_time_share(root: Figures, _info: Any) -> Optional[float]:
        return root.speed.in_time_share

    @staticmethod
    def resolve_fit(root: Figures, _info: Any) -> ReturnReportFit:
        return ReturnReportFit(**{reason.lower(): count for reason, count in root.fit.items()})


class ReturnReport(graphene.ObjectType):
    """Figures on the returns of a period."""

    total = graphene.Field(ReturnReportFigures, required=True)
    groups = graphene.Field(
        list_of(ReturnReportFigures),
        description="Up to 500 with something asked back, most pieces first; months and "
        "channels in their own order.",
    )


class ReturnReportCsvUrl(graphene.ObjectType):
    """A link to a table."""

    url = graphene.String(required=True, description="Opens without a password: keep it safe.")
    expires_at = graphene.Field(host.DateTime, required=True)


class SeenLink(NamedTuple):
    """A link as the API shows it."""

    url: str
    expires_at: datetime


def resolve_report(
    _root: Any,
    info: Any,
    date_from: date,
    date_to: date,
    group_by: str,
    channel: Optional[str] = None,
) -> Report:
    """``returnReport``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info, channel)
    channels = requester.channels if channel is None else [channel]
    named = None if channels is None else sorted(filter(is_storable, channels))
    of = reports.period(date_from, date_to, named)
    with host.reading(info):
        return reports.make_report(of, GroupBy(group_by), using=host.database(info))


def resolve_csv_url(
    _root: Any, info: Any, channel: str, date_from: date, date_to: date
) -> SeenLink:
    """``returnReportCsvUrl``: for staff and apps with MANAGE_ORDERS in that channel."""
    callers.staff_for(info, channel)
    of = reports.period(date_from, date_to, [channel])
    with host.reading(info):
        if not callers.settings_by_channel(info)[channel].is_active:
            raise PluginInactive("The after-sales plugin is not active in this channel.")
    expires_at = timezone.now() + report_links.VALID_FOR
    token = report_links.sign_table(channel, of, expires_at=expires_at)
    # The host may look up its own name, which it keeps with the writer.
    with db.allow_writer():
        url = hooks.page_url(PLUGIN_ID, channel, f"reports/returns/{token}")
    return SeenLink(url, expires_at)
