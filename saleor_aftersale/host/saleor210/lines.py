"""Order lines of Saleor 2.10.1 inside our own SQL."""

from __future__ import annotations

from saleor.order.models import OrderLine

__all__ = ["join_lines"]


def join_lines(line_ref: str, alias: str) -> str:
    """See ``ports.Lines.join_lines``."""
    # Cast on our side: theirs is the one with an index.
    key = f"CASE WHEN {line_ref} ~ '^[0-9]{{1,9}}$' THEN {line_ref}::integer END"
    return f"LEFT JOIN {OrderLine._meta.db_table} {alias} ON {alias}.id = {key}"
