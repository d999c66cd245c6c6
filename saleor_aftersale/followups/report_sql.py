"""The sums over the outbox as SQL: one statement for each kind of figure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from django.db import connections

from .models import OutboxMail
from .schedule import MailState

Facts = Mapping[str, Any]
Rows = List[Dict[str, Any]]

# The moments of a period are written plainly: with them the index on `created_at` is used.
_PERIOD = f"""
FROM {OutboxMail._meta.db_table} mail
JOIN saleor_aftersale_orderrecord record ON record.id = mail.order_id
WHERE mail.created_at >= %(starts_at)s AND mail.created_at < %(ends_at)s
    AND (%(channels)s::text[] IS NULL OR record.channel = ANY(%(channels)s::text[]))
"""

_COUNTS = f"""
SELECT mail.key, mail.state, COUNT(*) AS mails,
    mail.state = %(queued)s AND mail.attempts > 0 AS has_failed,
    CASE WHEN mail.state = %(skipped)s THEN mail.detail ELSE '' END AS reason
{_PERIOD}
GROUP BY 1, 2, 4, 5 ORDER BY 1, 2, 4, 5
"""

# The empty key stands for all of them: a percentile can't be added up.
_DELAYS = f"""
SELECT COALESCE(mail.key, '') AS key,
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY EXTRACT(EPOCH FROM mail.sent_at - mail.created_at)::float) AS seconds
{_PERIOD}
    AND mail.state = %(sent)s AND mail.key = ANY(%(keys)s::text[])
GROUP BY GROUPING SETS ((mail.key), ())
HAVING COUNT(*) > 0
"""


def counts(facts: Facts, *, using: str) -> Rows:
    """
    Mails by key, state, whether a try failed, and why they were left out.

    Args:
        facts: ``starts_at``, ``ends_at`` and ``channels``, a list or None for all.
    """
    states = {"queued": MailState.QUEUED.value, "skipped": MailState.SKIPPED.value}
    return _rows(_COUNTS, {**facts, **states}, using)


def delays(facts: Facts, *, using: str) -> Dict[str, List[float]]:
    """
    Seconds until the mail server took a mail, median and 90th percentile, by key.

    The empty key is all of them together. ``facts`` also has the ``keys`` that count.
    """
    rows = _rows(_DELAYS, {**facts, "sent": MailState.SENT.value}, using)
    return {row["key"]: row["seconds"] for row in rows}


def _rows(sql: str, parameters: Facts, using: str) -> Rows:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]
