"""Whose data it is: everything that belongs to one mailbox."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

from django.db.models import Q, QuerySet

from ..consents import mailboxes
from ..followups.models import OutboxMail
from ..returns.models import ReturnRequest, WithdrawalStatement
from ..tracking.models import OrderRecord, Shipment


class Person(NamedTuple):
    """Somebody known by a mailbox."""

    #: As orders have it: lower case, and with the domain in ASCII where that differs.
    emails: Tuple[str, ...]
    #: All that the mailbox may be kept as where its address isn't.
    hashes: Tuple[str, ...]

    @property
    def orders(self) -> QuerySet[OrderRecord]:
        """Orders of that mailbox, oldest first."""
        return OrderRecord.objects.filter(customer_email__in=self.emails).order_by("pk")

    @property
    def requests(self) -> QuerySet[ReturnRequest]:
        """Return requests about them."""
        return ReturnRequest.objects.filter(order__in=self.orders.order_by()).order_by("pk")

    @property
    def parcels(self) -> QuerySet[Shipment]:
        """Parcels of them."""
        return Shipment.objects.filter(order__in=self.orders.order_by()).order_by("pk")

    @property
    def statements(self) -> QuerySet[WithdrawalStatement]:
        """Statements of withdrawal in which the mailbox was typed, in whatever case."""
        typed = Q()
        for email in self.emails:
            typed |= Q(email__iexact=email)
        return WithdrawalStatement.objects.filter(typed).order_by("pk")

    @property
    def mails(self) -> QuerySet[OutboxMail]:
        """Mails to that mailbox: not those about the same order to an earlier one."""
        return OutboxMail.objects.filter(to_email__in=self.emails).order_by("pk")


def person_of(email: str) -> Person:
    """
    Who has that mailbox.

    Raises:
        ValueError: it is no address: nobody may be erased by an empty one.
    """
    plain, normalised = email.strip().lower(), mailboxes.normalised(email)
    name, at, domain = plain.rpartition("@")
    if not (name and at and domain):
        raise ValueError(f"{email!r} is no mail address.")
    emails: List[str] = list(dict.fromkeys((plain, normalised)))
    return Person(tuple(emails), tuple(mailboxes.hashes_of(email)))
