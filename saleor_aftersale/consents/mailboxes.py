"""How a mailbox is known to us: its one spelling, and the keyed hash that outlives it."""

from __future__ import annotations

from typing import List, NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

_SALT = "saleor_aftersale.consents.mailbox"


class Mailbox(NamedTuple):
    """A mailbox as its decisions are kept: by its hash, and by its address while we have it."""

    hash: str
    #: Normalised; empty: erased, or never known.
    email: str

    @property
    def hashes(self) -> List[str]:
        """All that it may have been kept as."""
        return [self.hash, *(one for one in hashes_of(self.email) if one != self.hash)]


def normalised(email: str) -> str:
    """
    One spelling of an address: without spaces around it, lower case, its domain in ASCII.

    Nothing else is equated: whether ``a.b+c@`` is ``ab@`` is known to its provider only.
    """
    name, at, domain = email.strip().lower().rpartition("@")
    try:
        return name + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        return name + at + domain


def secret_keys() -> List[str]:
    """
    The shop's secret keys, the present one first.

    A shop that changes its key must keep the old one in ``SECRET_KEY_FALLBACKS``: else
    nobody knows any more who objected. Django before 4.1 has no such setting of its own.
    """
    return [settings.SECRET_KEY, *getattr(settings, "SECRET_KEY_FALLBACKS", ())]


def mailbox_hash(email: str) -> str:
    """What a mailbox is kept as: nobody without the shop's key can tell whose it is."""
    return _hash(normalised(email), settings.SECRET_KEY)


def mailbox_of(email: str) -> Mailbox:
    """The mailbox with that address."""
    address = normalised(email)
    return Mailbox(_hash(address, settings.SECRET_KEY), address)


def hashes_of(email: str) -> List[str]:
    """All that a mailbox may have been kept as, also under the shop's earlier keys."""
    address = normalised(email)
    return [] if not address else [_hash(address, key) for key in secret_keys()]


def _hash(address: str, key: str) -> str:
    return str(salted_hmac(_SALT, address, secret=key).hexdigest())
