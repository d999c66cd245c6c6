"""Store credit: none in Saleor 2.10.1, whose gift cards have no owner and no history."""

from __future__ import annotations

from ...values import Money, Requester, Unsupported

__all__ = ["code_of", "issue"]


def issue(amount: Money, *, key: str, requester: Requester) -> str:
    """See ``ports.Giftcards.issue``."""
    raise Unsupported("Saleor 2.10.1 has no store credit.", field="resolution")


def code_of(card_ref: str) -> str:
    """See ``ports.Giftcards.code_of``."""
    raise Unsupported("Saleor 2.10.1 has no store credit.")
