"""The way out of marketing mail, in its headers and its frame; and what no other mail may hold."""

from __future__ import annotations

from typing import Any, Dict

from django.utils.html import escape

from ..consents import links
from .catalogue import CATALOGUE
from .connections import MailFault
from .messages import Message
from .models import OutboxMail
from .schedule import PROMOTION


class _NoPromotion:
    """Stands where marketing has its promotion: a template that reads it makes no mail."""

    def _refuse(self, *_arguments: Any) -> Any:
        raise MailFault("A mail about a contract holds no promotion.", is_permanent=True)

    __bool__ = __str__ = __len__ = __iter__ = __getitem__ = __html__ = _refuse


NO_PROMOTION = _NoPromotion()


def context_of(row: OutboxMail) -> Dict[str, Any]:
    """
    What a mail's frame needs: the links of marketing, in other mails a refusal.

    A merchant's own template of a mail about a contract may have a promotion put into it: such
    a mail isn't sent. Source: Directive 2002/58/EC Art. 13.
    """
    topic = CATALOGUE[row.key].topic
    if topic is None:
        return {PROMOTION: NO_PROMOTION}
    found = links.links_of(row.to_email, row.order.channel, row.language, topic.value)
    return found._asdict()


def with_way_out(message: Message, context: Dict[str, Any]) -> Message:
    """
    A marketing mail with the headers by which mail programs offer to unsubscribe.

    One click needs https: without it only the page is named. Source: RFC 2369, RFC 8058.

    Raises:
        MailFault: a merchant's own frame has left the link out.
    """
    url = context.get("unsubscribe_url")
    if not url:
        return message
    if url not in message.text or escape(url) not in message.html:
        raise MailFault("A marketing mail must say how to unsubscribe.", is_permanent=True)
    headers = {"List-Unsubscribe": f"<{url}>"}
    if url.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message._replace(headers={**message.headers, **headers})
