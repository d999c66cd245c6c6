"""Metadata of the shop's orders: what we read of it."""

import uuid

import pytest

from saleor_aftersale.host import metadata
from tests import factories
from tests.factories import IS_3

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "stored, ours",
    [
        ({}, {}),
        (
            {"aftersale.marketing_consent": "true", "aftersales": "x", "secret": "y"},
            {"aftersale.marketing_consent": "true"},
        ),
    ],
)
def test_order_metadata_is_read_where_it_is_meant_for_us(stored, ours):
    order = factories.make_order()
    order.metadata = stored
    order.private_metadata = {"aftersale.internal": "z"}
    order.save()

    assert metadata.read_order_metadata(str(order.pk), using="default") == ours


def test_order_that_is_gone_has_no_metadata():
    gone = str(uuid.uuid4()) if IS_3 else "999999"

    assert metadata.read_order_metadata(gone, using="default") == {}
