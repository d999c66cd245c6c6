"""The sums of a report as SQL: set-based, one statement for each kind of figure."""

from __future__ import annotations

from enum import Enum
from typing import Any, Dict, List, Mapping

from django.db import connections

from ..host import lines as host_lines
from . import legal
from .bases import Basis
from .states import RELEASING, RefundState

#: Groups with the most pieces asked back; all others are only in the total.
MAX_GROUPS = 500

#: Reasons that say how something fits.
FIT_REASONS = ("TOO_SMALL", "TOO_LARGE", "POOR_FIT")

Facts = Mapping[str, Any]
Rows = List[Dict[str, Any]]


class GroupBy(Enum):
    """What a report is broken down by."""

    #: Not at all; its key is empty.
    ALL = "ALL"
    #: Its name in the shop.
    PRODUCT = "PRODUCT"
    #: Its SKU; without one, its name.
    VARIANT = "VARIANT"
    #: A reason code; empty: none was given.
    REASON = "REASON"
    #: Its slug.
    CHANNEL = "CHANNEL"
    #: As ``2026-06``, in UTC.
    MONTH = "MONTH"


#: Key of a line that is asked back; ``goods`` is the shop's order line, where it still is.
_ASKED_KEY = {
    GroupBy.ALL: "''::text",
    GroupBy.PRODUCT: "COALESCE(goods.product_name, line.product_name)",
    GroupBy.VARIANT: "COALESCE(NULLIF(goods.product_sku, ''), NULLIF(line.sku, ''), "
    "line.product_name)",
    GroupBy.REASON: "line.reason",
    GroupBy.CHANNEL: "request.channel",
    GroupBy.MONTH: "to_char(request.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM')",
}

#: Key of a line in a parcel: the same words for the same goods.
_SENT_KEY = {
    GroupBy.ALL: "''::text",
    GroupBy.PRODUCT: "COALESCE(goods.product_name, line.product_name)",
    GroupBy.VARIANT: "COALESCE(NULLIF(goods.product_sku, ''), line.product_name)",
    GroupBy.REASON: "''::text",
    GroupBy.CHANNEL: "record.channel",
    GroupBy.MONTH: "to_char(shipment.created_at AT TIME ZONE 'UTC', 'YYYY-MM')",
}

_LABEL = {GroupBy.VARIANT: "MIN(line.product_name)"}

_NEEDS_GOODS = (GroupBy.PRODUCT, GroupBy.VARIANT)

_PIECES = """
SELECT {key} AS key, {label} AS label, COUNT(DISTINCT request.id) AS requests,
    COALESCE(SUM(line.quantity) FILTER (WHERE {stands}), 0) AS requested,
    COALESCE(SUM(line.received_quantity) FILTER (WHERE {stands}), 0) AS returned,
    {fit}
FROM saleor_aftersale_returnline line
JOIN saleor_aftersale_returnrequest request ON request.id = line.request_id
{goods}
WHERE {asked}
GROUP BY 1 ORDER BY requested DESC, key LIMIT {limit}
"""

_SENT = """
SELECT {key} AS key, SUM(line.quantity) AS pieces
FROM saleor_aftersale_shipmentline line
JOIN saleor_aftersale_shipment shipment ON shipment.id = line.shipment_id
JOIN saleor_aftersale_orderrecord record ON record.id = shipment.order_id
{goods}
WHERE shipment.created_at >= %(starts_at)s AND shipment.created_at < %(ends_at)s
    AND NOT shipment.is_cancelled
    AND (%(channels)s::text[] IS NULL OR record.channel = ANY(%(channels)s::text[]))
GROUP BY 1 HAVING {key} = ANY(%(keys)s::text[]) OR {key} = ''
"""

_ASKED = """
request.state <> 'DRAFT'
    AND request.submitted_at >= %(starts_at)s AND request.submitted_at < %(ends_at)s
    AND (%(channels)s::text[] IS NULL OR request.channel = ANY(%(channels)s::text[]))
"""

# Where nothing was accepted, as for money given for goodwill, groups share alike.
_REFUNDED = """
WITH asked AS (
    SELECT request.id AS request_id, {key} AS key,
        SUM(line.accepted_quantity * line.unit_price * (1 - line.lost_value)) AS value
    FROM saleor_aftersale_returnline line
    JOIN saleor_aftersale_returnrequest request ON request.id = line.request_id
    {goods}
    WHERE {asked}
    GROUP BY 1, 2
), whole AS (
    SELECT request_id, SUM(value) AS value, COUNT(*) AS number FROM asked GROUP BY 1
), paid AS (
    SELECT request_id, currency, SUM(amount) AS amount FROM saleor_aftersale_refund
    WHERE state = %(settled)s AND request_id IN (SELECT request_id FROM asked)
    GROUP BY 1, 2
)
SELECT asked.key, paid.currency, SUM(paid.amount * CASE
    WHEN whole.value > 0 THEN asked.value / whole.value ELSE 1.0 / whole.number END) AS amount
FROM asked JOIN whole USING (request_id) JOIN paid USING (request_id)
WHERE asked.key = ANY(%(keys)s::text[])
GROUP BY 1, 2 ORDER BY 1, 2
"""

# GREATEST and LEAST leave nulls out. Without any sign of the goods the shop may wait.
_SPEED = """
WITH asked AS (
    SELECT request.id AS request_id, {key} AS key, request.submitted_at,
        LEAST(request.sent_at, request.received_at) AS released_at,
        BOOL_OR(line.basis = %(withdrawal)s) AS is_withdrawal
    FROM saleor_aftersale_returnline line
    JOIN saleor_aftersale_returnrequest request ON request.id = line.request_id
    {goods}
    WHERE {asked}
    GROUP BY 1, 2
), paid AS (
    SELECT request_id, MAX(settled_at) AS paid_at FROM saleor_aftersale_refund
    WHERE state = %(settled)s AND request_id IN (SELECT request_id FROM asked)
    GROUP BY 1
)
SELECT key,
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY EXTRACT(EPOCH FROM paid_at - submitted_at)::float / 86400) AS days,
    AVG(CASE WHEN released_at IS NULL
        OR (paid_at AT TIME ZONE 'UTC')::date <= GREATEST(
            (submitted_at AT TIME ZONE 'UTC')::date + %(deadline_days)s,
            (released_at AT TIME ZONE 'UTC')::date)
        THEN 1.0 ELSE 0.0 END) FILTER (WHERE is_withdrawal) AS in_time
FROM asked JOIN paid USING (request_id)
WHERE key = ANY(%(keys)s::text[])
GROUP BY 1
"""


def pieces(group_by: GroupBy, facts: Facts, *, using: str) -> Rows:
    """
    Requests and pieces asked back by key, those with the most first.

    Args:
        facts: ``starts_at``, ``ends_at`` and ``channels``, a list or None for all.
    """
    fit = [
        f"COALESCE(SUM(line.quantity) FILTER (WHERE {{stands}} AND line.reason = '{reason}'), 0) "
        f"AS {reason.lower()}"
        for reason in FIT_REASONS
    ]
    stands = "request.state <> ALL(%(released)s)"
    sql = _PIECES.replace("{fit}", ", ".join(fit)).format(
        key=_ASKED_KEY[group_by],
        label=_LABEL.get(group_by, f"MIN({_ASKED_KEY[group_by]})"),
        stands=stands,
        goods=_goods(group_by),
        asked=_ASKED,
        limit=MAX_GROUPS,
    )
    released = [state.value for state in RELEASING]
    return _rows(sql, {**facts, "released": released}, using)


def sent(group_by: GroupBy, facts: Facts, *, using: str) -> Dict[str, int]:
    """Pieces in parcels the shop made, by key; ``facts`` also has the ``keys`` wanted."""
    sql = _SENT.format(key=_SENT_KEY[group_by], goods=_goods(group_by))
    return {row["key"]: row["pieces"] for row in _rows(sql, facts, using)}


def refunded(group_by: GroupBy, facts: Facts, *, using: str) -> Rows:
    """Money given back by key and currency: amounts of two currencies are never added."""
    sql = _REFUNDED.format(key=_ASKED_KEY[group_by], goods=_goods(group_by), asked=_ASKED)
    return _rows(sql, {**facts, "settled": RefundState.SETTLED.value}, using)


def speed(group_by: GroupBy, facts: Facts, *, using: str) -> Rows:
    """Days to the money as median and 90th percentile, and the share in time, by key."""
    sql = _SPEED.format(key=_ASKED_KEY[group_by], goods=_goods(group_by), asked=_ASKED)
    known = {
        "settled": RefundState.SETTLED.value,
        "withdrawal": Basis.WITHDRAWAL.value,
        "deadline_days": legal.ROWS["refund.deadline_days"].floor,
    }
    return _rows(sql, {**facts, **known}, using)


def _goods(group_by: GroupBy) -> str:
    return host_lines.join_lines("line.line_ref", "goods") if group_by in _NEEDS_GOODS else ""


def _rows(sql: str, parameters: Facts, using: str) -> Rows:
    listed = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in parameters.items()
    }
    with connections[using].cursor() as cursor:
        cursor.execute(sql, listed)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]
