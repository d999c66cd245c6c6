"""A clock for all tests of mails that wait."""

import pytest
from django.utils import timezone

from tests.factories import NOON
from tests.saleor.followups.asked import Clock


@pytest.fixture
def clock(monkeypatch):
    """It stands at noon of a Monday; tests move it."""
    standing = Clock(NOON)
    monkeypatch.setattr(timezone, "now", standing)
    return standing
