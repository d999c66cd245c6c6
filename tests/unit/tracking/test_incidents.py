"""Reasons of trouble, their groups, and who must act."""

import pytest

from saleor_aftersale.tracking import incidents
from saleor_aftersale.tracking.incidents import Actor, Group, Reason
from saleor_aftersale.tracking.statuses import TROUBLE, ShipmentStatus

S = ShipmentStatus
MERCHANT, CUSTOMER, NOBODY = Actor.MERCHANT, Actor.CUSTOMER, Actor.NOBODY

#: Who acts while it can be delivered; once it can't it is always the merchant.
ACTS = {
    "CARRIER": MERCHANT,
    "SHIPPER": MERCHANT,
    "RECIPIENT": CUSTOMER,
    "CUSTOMS": CUSTOMER,
    "WEATHER": NOBODY,
    "OTHER": MERCHANT,
}


def test_every_reason_is_in_one_group():
    grouped = [reason for reasons in incidents.GROUPS.values() for reason in reasons]

    assert sorted(grouped, key=str) == sorted(Reason, key=str)
    assert list(incidents.GROUPS) == list(Group)


@pytest.mark.parametrize("status", [S.ON_HOLD, S.ATTEMPT_FAILED, S.DELAYED, S.EXPIRED])
@pytest.mark.parametrize("reason", [item for item in Reason if item is not Reason.CUSTOMS_DELAY])
def test_actor_is_that_of_the_group_when_it_can_be_delivered(reason, status):
    assert incidents.acts(reason, status) is ACTS[incidents.group_of(reason).value]


@pytest.mark.parametrize("status", [S.RETURNING, S.RETURNED_TO_SENDER, S.LOST, S.DAMAGED])
@pytest.mark.parametrize("reason", [None, *Reason])
def test_merchant_acts_when_it_cannot_be_delivered(reason, status):
    assert incidents.acts(reason, status) is MERCHANT


@pytest.mark.parametrize(
    "reason", [Reason.CUSTOMS_DUTIES, Reason.CUSTOMS_DOCUMENTS, Reason.CUSTOMS_INSPECTION]
)
def test_importer_acts_when_customs_want_something(reason):
    assert incidents.acts(reason, S.ON_HOLD, importer=MERCHANT) is MERCHANT
    assert incidents.acts(reason, S.ON_HOLD, importer=CUSTOMER) is CUSTOMER


def test_nobody_acts_when_customs_are_slow():
    assert incidents.acts(Reason.CUSTOMS_DELAY, S.DELAYED, importer=MERCHANT) is NOBODY


@pytest.mark.parametrize(
    "written, importer",
    [("customer", CUSTOMER), ("DAP", CUSTOMER), ("", CUSTOMER), (" DDP ", MERCHANT)],
)
def test_importer_is_read_as_role_or_incoterm(written, importer):
    assert incidents.importer_of(written) is importer


@pytest.mark.parametrize("written", ["nobody", "EXW", "customer, merchant"])
def test_importer_is_refused_when_it_is_neither(written):
    with pytest.raises(ValueError, match=r"^Write customer \(DAP\) or merchant \(DDP\)\.$"):
        incidents.importer_of(written)


@pytest.mark.parametrize("reason", [None, *Reason])
def test_customer_acts_when_it_waits_to_be_collected(reason):
    assert incidents.acts(reason, S.READY_FOR_PICKUP) is CUSTOMER


@pytest.mark.parametrize("reason", [None, *Reason])
def test_nobody_acts_when_it_is_delivered(reason):
    assert incidents.acts(reason, S.DELIVERED) is NOBODY


@pytest.mark.parametrize(
    "status, actor",
    [
        (S.ATTEMPT_FAILED, CUSTOMER),
        (S.ON_HOLD, MERCHANT),
        (S.EXPIRED, MERCHANT),
        (S.DELAYED, NOBODY),
        (S.CANCELLED, NOBODY),
        (S.IN_TRANSIT, NOBODY),
        (S.PENDING, NOBODY),
    ],
)
def test_status_alone_decides_who_acts_when_no_reason_is_told(status, actor):
    assert incidents.acts(None, status) is actor


def test_status_that_is_a_reason_is_trouble():
    assert set(incidents.REASON_OF_STATUS) <= TROUBLE


@pytest.mark.parametrize(
    "word, reason", [("NOT_HOME", Reason.NOT_HOME), ("", None), ("not_home", None), ("x", None)]
)
def test_reason_is_found_by_its_word_when_there_is_such_a_one(word, reason):
    assert incidents.reason_of(word) is reason
