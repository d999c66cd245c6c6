"""The sums of feedback as SQL: set-based, one statement for each kind of figure."""

from __future__ import annotations

from enum import Enum
from typing import Any, Dict, List, Mapping

from django.db import connections

from ..host import lines as host_lines

#: Groups with the most scores; all others are only in the total.
MAX_GROUPS = 500

Facts = Mapping[str, Any]
Rows = List[Dict[str, Any]]


class GroupBy(Enum):
    """What the figures are broken down by."""

    #: Not at all; its key is empty.
    ALL = "ALL"
    #: Its code; empty: unknown.
    CARRIER = "CARRIER"
    #: Its name in the shop.
    PRODUCT = "PRODUCT"
    #: Its slug.
    CHANNEL = "CHANNEL"


_KEY = {
    GroupBy.ALL: "''::text",
    GroupBy.CARRIER: "COALESCE(shipment.carrier, '')",
    GroupBy.PRODUCT: "COALESCE(goods.product_name, line.product_name)",
    GroupBy.CHANNEL: "record.channel",
}

_IN_CHANNELS = "(%(channels)s::text[] IS NULL OR record.channel = ANY(%(channels)s::text[]))"

_PARCELS = """
LEFT JOIN saleor_aftersale_shipment shipment
    ON shipment.order_id = record.id AND NOT shipment.is_cancelled
    AND NOT shipment.is_return
"""

_LINES = "JOIN saleor_aftersale_shipmentline line ON line.shipment_id = shipment.id"

# Each order counts once in a group, however many parcels or pieces of that kind it has.
_SCORES = """
WITH judged AS (
    SELECT DISTINCT feedback.id, feedback.score, {key} AS key
    FROM saleor_aftersale_feedback feedback
    JOIN saleor_aftersale_orderrecord record ON record.id = feedback.order_id
    {parcels}
    WHERE feedback.given_at >= %(starts_at)s AND feedback.given_at < %(ends_at)s
        AND {in_channels}
)
SELECT key, COUNT(*) AS total, AVG(score)::float AS average, {by_score}
FROM judged GROUP BY 1 ORDER BY total DESC, key LIMIT {limit}
"""

# A parcel is on time or not once its promise is over: one that never came isn't left out.
# A promise the carrier broke stays the one that counts, ``late_since``.
_ON_TIME = """
WITH promised AS (
    SELECT DISTINCT shipment.id, {key} AS key, shipment.delivered_at,
        COALESCE(shipment.late_since, shipment.promised_until, shipment.estimated_until) AS due_at
    FROM saleor_aftersale_shipment shipment
    JOIN saleor_aftersale_orderrecord record ON record.id = shipment.order_id
    {lines}
    WHERE NOT shipment.is_cancelled AND {in_channels}
        AND NOT shipment.is_return
        AND shipment.created_at >= %(made_from)s AND shipment.created_at < %(ends_at)s
)
SELECT key, COUNT(*) AS promised,
    AVG(CASE WHEN delivered_at <= due_at THEN 1.0 ELSE 0.0 END)::float AS on_time
FROM promised
WHERE due_at >= %(starts_at)s AND due_at < %(ends_at)s AND due_at < %(now)s
GROUP BY 1 ORDER BY promised DESC, key LIMIT {limit}
"""


def score_counts(group_by: GroupBy, facts: Facts, *, using: str) -> Rows:
    """
    How often each score was given, by key, those with the most scores first.

    Args:
        facts: ``starts_at``, ``ends_at`` and ``channels``, a list or None for all.

    Returns:
        ``key``, ``total``, ``average`` and ``score_1`` to ``score_5``.
    """
    by_score = [
        f"COUNT(*) FILTER (WHERE score = {score}) AS score_{score}" for score in range(1, 6)
    ]
    needs_parcels = group_by in (GroupBy.CARRIER, GroupBy.PRODUCT)
    sql = _SCORES.format(
        key=_KEY[group_by],
        parcels=(_PARCELS if needs_parcels else "") + _lines(group_by),
        by_score=", ".join(by_score),
        in_channels=_IN_CHANNELS,
        limit=MAX_GROUPS,
    )
    return _rows(sql, facts, using)


def on_time(group_by: GroupBy, facts: Facts, *, using: str) -> Rows:
    """
    Parcels whose promise or estimate ended in the period, and the share that came by then.

    Args:
        facts: also ``now``, and ``made_from``: parcels made before are too old to look at.

    Returns:
        ``key``, ``promised`` and ``on_time``, by key.
    """
    sql = _ON_TIME.format(
        key=_KEY[group_by], lines=_lines(group_by), in_channels=_IN_CHANNELS, limit=MAX_GROUPS
    )
    return _rows(sql, facts, using)


def _lines(group_by: GroupBy) -> str:
    if group_by is not GroupBy.PRODUCT:
        return ""
    return _LINES + "\n" + host_lines.join_lines("line.line_ref", "goods")


def _rows(sql: str, parameters: Facts, using: str) -> Rows:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, dict(parameters))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]
