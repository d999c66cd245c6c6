"""Order lines of Saleor 3.x inside our own SQL."""

from __future__ import annotations

from saleor.order.models import OrderLine

__all__ = ["join_lines"]


def join_lines(line_ref: str, alias: str) -> str:
    """See ``ports.Lines.join_lines``."""
    # Cast on our side: theirs is the one with an index.
    key = f"CASE WHEN {line_ref} ~ '^[0-9a-f-]{{36}}$' THEN {line_ref}::uuid END"
    return f"LEFT JOIN {OrderLine._meta.db_table} {alias} ON {alias}.id = {key}"
