"""Consent given at checkout: read from the order's metadata, kept once per order."""

from __future__ import annotations

from django.db import transaction

from ..host import metadata
from ..tracking.models import OrderRecord
from . import mailboxes, topics
from .actions import Proof, Source, opt_in
from .mailboxes import Mailbox
from .models import ConsentDecision

#: Public metadata of an order: ``true``, or topics separated by commas.
CONSENT_KEY = "aftersale.marketing_consent"
#: What stood beside the box, in the language of the order.
WORDING_KEY = "aftersale.marketing_wording"

MAX_WORDING = 4000


def keep_consent(order_ref: str) -> None:
    """
    Keep what the customer ticked when the order was placed; repeated as often as you like.

    It was said when the order was placed, however late we read it: a no said since then
    holds. Nothing there, or an unticked box, says nothing.
    """
    found = metadata.read_order_metadata(order_ref, using="default")
    agreed = topics.topics_in(found.get(CONSENT_KEY, ""))
    if not agreed:
        return
    with transaction.atomic():
        record = OrderRecord.objects.select_for_update().get(order_ref=order_ref)
        mailbox = mailboxes.mailbox_of(record.customer_email)
        if not mailbox.email or _is_kept(mailbox, order_ref):
            return
        proof = Proof(
            Source.CHECKOUT,
            record.channel,
            record.language,
            found.get(WORDING_KEY, "")[:MAX_WORDING],
            evidence={"order_ref": order_ref},
        )
        opt_in(mailbox, agreed, proof, record.placed_at)


def _is_kept(mailbox: Mailbox, order_ref: str) -> bool:
    rows = ConsentDecision.objects.filter(
        mailbox_hash__in=mailbox.hashes, source=Source.CHECKOUT.value
    )
    return bool(rows.filter(evidence__order_ref=order_ref).exists())
