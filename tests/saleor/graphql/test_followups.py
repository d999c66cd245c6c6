"""Follow-up mails in the API: what staff see of them and may do."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from saleor_aftersale.followups import actions
from saleor_aftersale.followups.catalogue import Draft
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import Api, global_id

pytestmark = pytest.mark.django_db

LIST = """
query ($filter: FollowUpFilterInput, $first: Int, $after: String) {
  followUps(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node {
      key state skippedReason lastError recipient orderNumber orderId attempts dueAt sentAt
    } }
  }
}
"""

CANCEL = """
mutation ($id: ID!) {
  followUpCancel(id: $id) { followUp { state skippedReason } errors { field code } }
}
"""

RESEND = """
mutation ($id: ID!) {
  followUpResend(id: $id) { followUp { state } errors { field code } }
}
"""

PREVIEW = """
query ($key: String!, $orderId: ID!, $language: String) {
  followUpPreview(key: $key, orderId: $orderId, language: $language) {
    subject html text wouldBeSent skippedReason
  }
}
"""

TEST = """
mutation ($key: String!, $orderId: ID!, $email: String!) {
  followUpSendTest(key: $key, orderId: $orderId, language: "pl", email: $email) {
    errors { field code }
  }
}
"""


@pytest.fixture
def order():
    factories.activate()
    return factories.make_order()


@pytest.fixture
def record(order):
    return factories.keep(order)


@pytest.fixture
def staff():
    return Api(factories.make_staff())


def queue(record, number=1, **columns):
    with transaction.atomic():
        context = {"carrier": "UPS", "tracking_number": "1Z", "tracking_url": "", "lines": []}
        draft = Draft(f"shipment:{number}", record.order_ref, context)
        row = actions.queue_mail("shipment.sent", draft)
    factories.connection.run_on_commit = []
    OutboxMail.objects.filter(pk=row.pk).update(**columns)
    return row


def listed(api, **wanted):
    found = api.post(LIST, first=10, filter=wanted)["followUps"]
    return [edge["node"] for edge in found["edges"]]


def mail_id(row):
    return global_id("FollowUp", row.pk)


def test_staff_see_a_mail_as_it_is(staff, record, order):
    queue(record)

    (node,) = listed(staff)

    assert node["dueAt"] is not None
    assert dict(node, dueAt=None) == {
        "key": "shipment.sent",
        "state": "QUEUED",
        "skippedReason": None,
        "lastError": "",
        "recipient": "boris@example.com",
        "orderNumber": record.number,
        "orderId": global_id("Order", order.pk),
        "attempts": 0,
        "dueAt": None,
        "sentAt": None,
    }


def test_list_goes_on_where_the_page_ended(staff, record):
    rows = [queue(record, number, attempts=number) for number in (1, 2, 3)]
    assert len(rows) == 3

    first = staff.post(LIST, first=2)["followUps"]
    second = staff.post(LIST, first=2, after=first["pageInfo"]["endCursor"])["followUps"]

    numbers = [edge["node"]["attempts"] for edge in first["edges"] + second["edges"]]
    assert (numbers, first["totalCount"]) == ([3, 2, 1], 3)
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


@pytest.mark.parametrize(
    ("wanted", "attempts"),
    [
        ({"state": ["SCHEDULED"]}, [0]),
        ({"state": ["FAILED"]}, [2]),
        ({"state": ["QUEUED"]}, []),
        ({"state": ["DEAD", "SKIPPED"]}, [4, 3]),
        ({"state": []}, []),
        ({"skippedReason": ["NO_ADDRESS"]}, [3]),
        ({"skippedReason": ["MAIL_DISABLED"]}, []),
        ({"recipient": "EVE@example.com"}, [4]),
        ({"recipient": "eve"}, []),
        ({"recipient": "a\0"}, []),
        ({"key": ["shipment.sent"]}, [4, 3, 2, 0]),
        ({"key": ["shipment.delivered"]}, []),
        ({"orderNumber": "no number"}, []),
        ({"channels": ["elsewhere"]}, []),
        ({"recipient": "eve@example.com", "state": ["SENT"]}, []),
    ],
)
def test_list_shows_what_the_filter_asks_for(staff, record, wanted, attempts):
    later = timezone.now() + timedelta(hours=1)
    queue(record, 1, due_at=later)
    queue(record, 2, attempts=2, due_at=later)
    queue(record, 3, attempts=3, state="SKIPPED", detail="NO_ADDRESS")
    queue(record, 4, attempts=4, state="DEAD", detail="550", to_email="eve@example.com")

    assert [node["attempts"] for node in listed(staff, **wanted)] == attempts


def test_skipped_mail_says_why_and_a_failed_one_what_happened(staff, record):
    queue(record, 1, state="SKIPPED", detail="MAIL_DISABLED")
    queue(record, 2, attempts=1, detail="451 later")

    failed, skipped = listed(staff)

    assert (failed["state"], failed["lastError"], failed["skippedReason"]) == (
        "FAILED",
        "451 later",
        None,
    )
    assert (skipped["skippedReason"], skipped["lastError"]) == ("MAIL_DISABLED", "")


@pytest.mark.parametrize("who", ["nobody", "customer", "staff without permission"])
def test_mails_are_for_staff_who_manage_orders(record, order, who):
    user = {
        "nobody": lambda: None,
        "customer": lambda: factories.make_customer(),
        "staff without permission": lambda: factories.make_staff(manages_orders=False),
    }[who]()
    row, api = queue(record), Api(user)
    order_id = global_id("Order", order.pk)

    seen = api.post_raw(LIST, first=10)
    previewed = api.post_raw(PREVIEW, key="shipment.sent", orderId=order_id)
    with factories.nothing_changed():
        cancelled = api.post(CANCEL, id=mail_id(row))["followUpCancel"]
        tested = api.post(TEST, key="shipment.sent", orderId=order_id, email="a@example.com")

    assert "boris@example.com" not in str(seen) + str(previewed)
    assert record.number not in str(seen) + str(previewed)
    assert cancelled == {"followUp": None, "errors": [{"field": None, "code": "PERMISSION_DENIED"}]}
    assert tested["followUpSendTest"]["errors"][0]["code"] == "PERMISSION_DENIED"


def test_mail_is_called_back_once(staff, record, mailbox):
    row = queue(record)

    first = staff.post(CANCEL, id=mail_id(row))["followUpCancel"]
    second = staff.post(CANCEL, id=mail_id(row))["followUpCancel"]

    assert first["followUp"] == {"state": "SKIPPED", "skippedReason": "CANCELLED"}
    assert second["errors"] == [{"field": "id", "code": "TRANSITION_NOT_ALLOWED"}]
    assert mailbox == []


def test_doubtful_mail_is_sent_again_and_a_sent_one_is_not(staff, record, mailbox):
    doubtful, sent = queue(record, 1, state="UNCONFIRMED"), queue(record, 2, state="SENT")

    again = staff.post(RESEND, id=mail_id(doubtful))["followUpResend"]
    factories.commit()
    refused = staff.post(RESEND, id=mail_id(sent))["followUpResend"]

    assert again["errors"] == []
    assert refused["errors"] == [{"field": "id", "code": "TRANSITION_NOT_ALLOWED"}]
    assert len(mailbox) == 1


def test_preview_is_the_mail_about_what_happened(staff, order, mailbox):
    factories.scan(factories.fulfill(order, tracking_number="1Z999"), ShipmentStatus.PICKED_UP)
    factories.commit()
    sent = len(mailbox)

    seen = staff.post(
        PREVIEW, key="shipment.sent", orderId=global_id("Order", order.pk), language="pl"
    )["followUpPreview"]

    assert "1Z999" in seen["text"]
    assert "1Z999" in seen["html"]
    assert "w drodze" in seen["subject"]
    # In Polish it was not sent yet: the order's language is English.
    assert (seen["wouldBeSent"], seen["skippedReason"], len(mailbox)) == (True, None, sent)


def test_preview_says_why_a_mail_would_not_be_sent(staff, order, record):
    queue(record)
    order_id = global_id("Order", order.pk)

    known = staff.post(PREVIEW, key="shipment.sent", orderId=order_id)["followUpPreview"]
    factories.activate(enabled_mails="")
    off = staff.post(PREVIEW, key="shipment.sent", orderId=order_id)["followUpPreview"]

    assert (known["wouldBeSent"], known["skippedReason"]) == (False, "ALREADY_QUEUED")
    assert (off["wouldBeSent"], off["skippedReason"]) == (False, "MAIL_DISABLED")


@pytest.mark.parametrize("key", ["refund.issued", "withdrawal.acknowledged", "no.such"])
def test_preview_is_refused_when_nothing_leads_to_the_mail(staff, order, record, key):
    answer = staff.post_raw(PREVIEW, key=key, orderId=global_id("Order", order.pk))

    assert answer["data"]["followUpPreview"] is None
    assert answer["errors"]


def test_test_mail_goes_to_staff_and_leaves_no_row(staff, order, record, mailbox):
    queue(record)
    order_id = global_id("Order", order.pk)

    answer = staff.post(TEST, key="shipment.sent", orderId=order_id, email="me@example.com")

    (message,) = mailbox
    assert list(OutboxMail.objects.values_list("state", "attempts")) == [("QUEUED", 0)]
    assert answer["followUpSendTest"]["errors"] == []
    assert message.to == ["me@example.com"]
    assert message.subject.startswith("[Test] ")
    assert "w drodze" in message.subject


def test_test_mail_is_refused_when_the_address_is_not_one_mailbox(staff, order, record, mailbox):
    queue(record)

    answer = staff.post(
        TEST, key="shipment.sent", orderId=global_id("Order", order.pk), email="a@b.c, d@e.f"
    )

    assert answer["followUpSendTest"]["errors"] == [{"field": "email", "code": "INVALID"}]
    assert mailbox == []
