"""What is forgotten by itself."""

from datetime import timedelta

import pytest

from saleor_aftersale import models
from saleor_aftersale.privacy import retention
from tests import factories
from tests.factories import NOON, nothing_changed
from tests.saleor.privacy import lives
from tests.saleor.privacy.lives import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

YEAR = timedelta(days=366)


@pytest.fixture(autouse=True)
def request_of_anna():
    factories.activate()
    return lives.live("anna@example.com", "anna")


def left():
    kinds = (models.ReturnAttachment, models.ReturnMessage, models.Feedback)
    return tuple(kind.objects.count() for kind in kinds)


@pytest.mark.parametrize(
    "years, expected", [(1, (0, 2, 1)), (2, (0, 2, 0)), (3, (0, 0, 0)), (11, (0, 0, 0))]
)
def test_each_kind_is_forgotten_after_its_own_period(years, expected):
    retention.forget_old(NOON + years * YEAR)

    assert left() == expected
    assert models.ReturnRequest.objects.count() == 1


def test_nothing_is_forgotten_a_day_too_early():
    with nothing_changed():
        retention.forget_old(NOON + timedelta(days=180))

    retention.forget_old(NOON + timedelta(days=364))
    assert left() == (1, 2, 1)


def test_open_request_keeps_its_photos(request_of_anna):
    models.ReturnRequest.objects.update(state="SUBMITTED")

    retention.forget_old(NOON + 11 * YEAR)

    assert left() == (1, 2, 0)


def test_request_somebody_worked_on_keeps_its_photos(request_of_anna):
    lives.touched(request_of_anna, NOON + 10 * YEAR)

    retention.forget_old(NOON + 11 * YEAR - 2 * DAY)

    assert left() == (1, 2, 0)


def test_it_looks_once_a_day_when_all_is_done():
    retention.forget_old(NOON)

    with nothing_changed():
        retention.forget_old(NOON + 11 * YEAR)


def test_much_is_forgotten_in_several_steps(monkeypatch):
    monkeypatch.setattr(retention, "BATCH_SIZE", 1)

    retention.forget_old(NOON + 11 * YEAR)
    first = left()
    retention.forget_old(NOON + 11 * YEAR)

    assert (first, left()) == ((0, 1, 0), (0, 0, 0))
