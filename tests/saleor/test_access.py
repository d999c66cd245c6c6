"""Signed links, who may see an order, and how often somebody may try."""

from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache

from saleor_aftersale import access
from saleor_aftersale.values import Requester, Role
from tests.factories import NOON

pytestmark = pytest.mark.django_db

EMPTY = Requester(Role.ANONYMOUS)


def test_link_says_what_was_signed():
    token = access.sign_link("17", 3, expires_at=NOON)

    assert access.read_link(token, NOON) == access.LinkClaims("17", 3)


def test_link_can_be_part_of_a_url():
    token = access.sign_link("0f9c8d7e-0000-4000-8000-000000000000", 3, expires_at=NOON)

    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_")
    assert len(token) < 200


def test_link_expires():
    token = access.sign_link("17", 3, expires_at=NOON)

    with pytest.raises(access.ExpiredLink, match="^This link has expired.$"):
        access.read_link(token, NOON + timedelta(seconds=1))


@pytest.mark.parametrize("place", [0, 5, -1])
def test_link_is_invalid_when_one_character_is_another(place):
    token = list(access.sign_link("17", 3, expires_at=NOON))
    token[place] = "A" if token[place] != "A" else "B"

    with pytest.raises(access.InvalidLink, match="^This link is not valid.$"):
        access.read_link("".join(token), NOON)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ":",
        "::",
        "nonsense",
        "a\x00b",
        "ę",
        "x" * 5000,
        signing.dumps(["17", 3, 9999999999], salt="another"),
        signing.dumps("17", salt="saleor_aftersale.access.order"),
        signing.dumps(["17"], salt="saleor_aftersale.access.order"),
        signing.dumps(None, salt="saleor_aftersale.access.order"),
    ],
    # Signed at the moment of reading this file: no name for a test.
    ids=range(11),
)
def test_link_is_invalid_when_it_is_none_of_ours(token):
    with pytest.raises(access.InvalidLink, match="^This link is not valid.$"):
        access.read_link(token, NOON)


def test_link_is_invalid_when_shop_has_another_key(settings):
    token = access.sign_link("17", 3, expires_at=NOON)
    settings.SECRET_KEY = "another"

    with pytest.raises(access.InvalidLink):
        access.read_link(token, NOON)


@pytest.mark.parametrize(
    ("requester", "owner", "seen"),
    [
        (Requester(Role.CUSTOMER, "7"), "7", True),
        (Requester(Role.STAFF, "7"), "7", True),
        (Requester(Role.CUSTOMER, "7"), "8", False),
        (Requester(Role.STAFF, "7"), "8", False),
        (Requester(Role.APP, "7"), "7", False),
        # Nobody is not the owner of an order without owner.
        (EMPTY, "", False),
        (Requester(Role.CUSTOMER, ""), "", False),
        (Requester(Role.GUEST, ""), "", False),
        (EMPTY, "7", False),
        (Requester(Role.STAFF, "7", may_manage_orders=True), "8", True),
        (Requester(Role.APP, "7", may_manage_orders=True), "", True),
        (
            Requester(Role.STAFF, "7", may_manage_orders=True, channels=frozenset({"pl"})),
            "8",
            True,
        ),
        (
            Requester(Role.STAFF, "7", may_manage_orders=True, channels=frozenset({"bg"})),
            "8",
            False,
        ),
        (Requester(Role.STAFF, "7", may_manage_orders=True, channels=frozenset()), "8", False),
    ],
)
def test_order_is_seen_by_its_owner_and_staff_of_its_channel(requester, owner, seen):
    assert access.may_see_order(requester, owner, "pl") is seen


def test_rate_is_limited_per_scope_and_person():
    hour = timedelta(hours=1)
    for _ in range(3):
        access.limit_rate("a", "anna", tries=3, period=hour)
    access.limit_rate("a", "boris", tries=3, period=hour)
    access.limit_rate("b", "anna", tries=3, period=hour)

    with pytest.raises(access.RateLimited, match="^Too many requests. Try again later.$"):
        access.limit_rate("a", "anna", tries=3, period=hour)


def test_rate_is_forgotten_when_the_cache_is():
    hour = timedelta(hours=1)
    access.limit_rate("a", "anna", tries=1, period=hour)
    cache.clear()

    access.limit_rate("a", "anna", tries=1, period=hour)


def test_rate_keeps_no_address(monkeypatch):
    keys = []
    monkeypatch.setattr(cache, "add", lambda key, *more: keys.append(key) or True)

    access.limit_rate("a", "anna@example.com", tries=1, period=timedelta(hours=1))

    (key,) = keys
    assert key.startswith("aftersale-rate-a-")
    assert "anna" not in key
