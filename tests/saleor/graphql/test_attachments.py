"""Photos, the way back and the slip of return requests through the shop's API."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from saleor_aftersale.returns import methods
from saleor_aftersale.returns.bases import Basis
from saleor_aftersale.returns.models import ReturnAttachment
from saleor_aftersale.tracking.actions import revoke_links
from tests import factories
from tests.factories import IS_3, STAFF, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

ADD = """
mutation ($id: ID!, $file: Upload!, $accessToken: String) {
  returnRequestAddAttachment(id: $id, file: $file, accessToken: $accessToken) {
    attachment { id url name contentType createdAt }
    returnRequest { attachments { name } }
    errors { field message code }
  }
}
"""
SET = """
mutation (
  $id: ID!, $method: ReturnMethodName!, $labelFile: Upload, $labelUrl: String, $code: String
) {
  returnRequestSetReturnMethod(
    id: $id, method: $method, labelFile: $labelFile, labelUrl: $labelUrl, code: $code
    instructions: "Stick it on."
  ) {
    returnRequest {
      returnMethod { method nothingToSend instructions labelUrl code dropOffPoint }
      slipUrl
    }
    errors { field message code }
  }
}
"""
READ = """
query ($id: ID!, $accessToken: String) {
  returnRequest(id: $id, accessToken: $accessToken) {
    attachments { url name } slipUrl returnMethod { method labelUrl }
  }
}
"""
LIST = """
{ returnRequests(first: 10) { edges { node {
  attachments { name } slipUrl returnMethod { method labelUrl }
} } } }
"""


def picture(color="red"):
    out = BytesIO()
    Image.new("RGB", (30, 20), color).save(out, "PNG")
    return out.getvalue()


def sent(query, file, name, user=None, **variables):
    """The payload of a mutation sent as multipart, the file in the variable of that name."""
    operations = json.dumps({"query": query, "variables": {**variables, name: None}})
    body = {"operations": operations, "map": json.dumps({"0": [f"variables.{name}"]})}
    if file is not None:
        body["0"] = SimpleUploadedFile("../cat.php", file, "text/html")
    headers = Api(user)._headers
    answer = Client().post("/graphql/", body, **headers).json()
    factories.commit()
    assert "errors" not in answer, answer["errors"]
    (payload,) = answer["data"].values()
    return payload


def opened(url):
    return Client().get(re.sub(r"^https?://[^/]+", "", url))


@pytest.fixture
def anna():
    return factories.make_customer()


@pytest.fixture
def order(anna, mailbox):
    """A kettle of Anna's, delivered yesterday."""
    factories.activate()
    return factories.delivered_order(timezone.now() - timedelta(days=1), user=anna)


@pytest.fixture
def row(order):
    made = factories.ask(order, now=timezone.now())
    factories.commit()
    return made


def id_of(row):
    return global_id("ReturnRequest", row.pk)


def add(row, file=None, user=None, **more):
    return sent(ADD, picture() if file is None else file, "file", user, id=id_of(row), **more)


# Photos


def test_owner_adds_a_photo_and_opens_it(row, anna):
    payload = add(row, user=anna)

    kept = ReturnAttachment.objects.get()
    added = payload["attachment"]
    assert payload["errors"] == []
    assert (added["id"], added["name"], added["contentType"]) == (
        global_id("ReturnAttachment", kept.pk),
        "cat.jpg",
        "image/jpeg",
    )
    assert payload["returnRequest"]["attachments"] == [{"name": "cat.jpg"}]
    assert opened(added["url"]).content == bytes(kept.content)
    assert kept.role == "customer"


def test_guest_adds_a_photo_by_link(row, order):
    payload = add(row, accessToken=factories.token_of(order))

    assert payload["errors"] == []
    assert ReturnAttachment.objects.get().role == "guest"


def test_staff_add_a_photo(row):
    assert add(row, user=factories.make_staff())["errors"] == []
    assert ReturnAttachment.objects.get().role == "staff"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"<html>", "FILE_TYPE_NOT_SUPPORTED"),
        (picture()[:40], "FILE_UNREADABLE"),
        (b"", "REQUIRED"),
        (b"\xff" * (8 * 1024 * 1024 + 1), "FILE_TOO_LARGE"),
    ],
    ids=["html", "cut", "empty", "large"],
)
def test_bad_file_is_refused(row, anna, file, code):
    add(row, user=anna)

    with nothing_changed():
        payload = sent(ADD, file, "file", anna, id=id_of(row))

    (error,) = payload["errors"]
    assert (error["field"], error["code"]) == ("file", code)
    assert payload["attachment"] is None


def test_name_without_a_file_is_refused(row, anna):
    with nothing_changed():
        payload = Api(anna).post(ADD, id=id_of(row), file="etc/passwd")

    assert payload["returnRequestAddAttachment"]["errors"] == [
        {"field": "file", "message": "Send a file.", "code": "REQUIRED"}
    ]


# Who may


def _other_token():
    other = factories.delivered_order(timezone.now() - timedelta(days=1), email="eve@example.com")
    return factories.token_of(other)


def _revoked(order):
    token = factories.token_of(order)
    revoke_links(str(order.pk))
    return token


MISSING = ("id", "There is no such return request.", "NOT_FOUND")


@pytest.mark.parametrize("who", ["stranger", "other customer", "clerk", "other link"])
def test_strangers_neither_see_nor_add(row, order, anna, who):
    add(row, user=anna)
    user = {
        "other customer": lambda: factories.make_customer("eve@example.com"),
        "clerk": lambda: factories.make_staff(manages_orders=False),
    }.get(who, lambda: None)()
    token = _other_token() if who == "other link" else None
    factories.commit()

    with nothing_changed():
        payload = add(row, picture("blue"), user, accessToken=token)

    (error,) = payload["errors"]
    assert (error["field"], error["message"], error["code"]) == MISSING
    assert Api(user).post(READ, id=id_of(row), accessToken=token) == {"returnRequest": None}


@pytest.mark.parametrize(
    ("make", "code"),
    [(_revoked, "INVALID_TOKEN"), (factories.expired_token, "EXPIRED_TOKEN")],
    ids=["revoked", "expired"],
)
def test_link_that_is_over_adds_nothing(row, order, anna, make, code):
    add(row, user=anna)
    token = make(order)

    with nothing_changed():
        payload = add(row, picture("blue"), accessToken=token)

    assert [error["code"] for error in payload["errors"]] == [code]


@pytest.mark.skipif(not IS_3, reason="one channel only on 2.10.1")
def test_staff_of_another_channel_neither_add_nor_decide(row):
    staff = factories.make_staff(only_channel="other")

    with nothing_changed():
        assert add(row, user=staff)["errors"][0]["code"] == "NOT_FOUND"
        decided = Api(staff).post(SET, id=id_of(row), method="KEEP_ITEM")
    assert decided["returnRequestSetReturnMethod"]["errors"][0]["code"] == "NOT_FOUND"


def test_plugin_switched_off_takes_nothing(row, anna):
    factories.activate(active=False)

    with nothing_changed():
        assert add(row, user=anna)["errors"][0]["code"] == "PLUGIN_INACTIVE"


# The way back


def test_staff_send_a_label_and_the_customer_opens_it(row, anna):
    pdf = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
    more = {"id": id_of(row), "method": "CARRIER_LABEL"}

    payload = sent(SET, pdf, "labelFile", factories.make_staff(), **more)

    assert payload["errors"] == []
    seen = Api(anna).post(READ, id=id_of(row))["returnRequest"]
    assert seen["returnMethod"]["method"] == "CARRIER_LABEL"
    assert opened(seen["returnMethod"]["labelUrl"]).content == pdf
    assert seen["attachments"] == []


def test_staff_name_the_labels_address(row):
    staff = Api(factories.make_staff())

    payload = staff.post(
        SET, id=id_of(row), method="CARRIER_LABEL", labelUrl="https://dhl.example/1"
    )["returnRequestSetReturnMethod"]

    assert payload["errors"] == []
    assert payload["returnRequest"]["returnMethod"] == {
        "method": "CARRIER_LABEL",
        "nothingToSend": False,
        "instructions": "Stick it on.",
        "labelUrl": "https://dhl.example/1",
        "code": "",
        "dropOffPoint": "",
    }
    assert opened(payload["returnRequest"]["slipUrl"]).status_code == 200


def test_goods_that_stay_need_no_slip(row):
    staff = Api(factories.make_staff())

    payload = staff.post(SET, id=id_of(row), method="KEEP_ITEM")["returnRequestSetReturnMethod"]

    assert payload["returnRequest"]["returnMethod"]["nothingToSend"] is True
    assert payload["returnRequest"]["slipUrl"] is None


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"method": "CARRIER_LABEL", "labelUrl": "javascript:alert(1)"}, "labelUrl", "INVALID"),
        ({"method": "LOCKER_CODE"}, "code", "REQUIRED"),
    ],
)
def test_decision_that_makes_no_sense_is_refused(row, wish, field, code):
    staff = Api(factories.make_staff())

    with nothing_changed():
        payload = staff.post(SET, id=id_of(row), **wish)["returnRequestSetReturnMethod"]

    assert [(error["field"], error["code"]) for error in payload["errors"]] == [(field, code)]


@pytest.mark.parametrize("who", ["owner", "clerk", "stranger"])
def test_only_staff_decide(row, anna, who):
    user = {"owner": anna, "clerk": factories.make_staff(manages_orders=False)}.get(who)

    with nothing_changed():
        payload = Api(user).post(SET, id=id_of(row), method="KEEP_ITEM")

    errors = payload["returnRequestSetReturnMethod"]["errors"]
    assert [error["code"] for error in errors] == ["PERMISSION_DENIED"]


def test_app_decides(row):
    _app, token = factories.make_app()

    payload = Api(app_token=token).post(SET, id=id_of(row), method="LOCKER_CODE", code="12")

    assert payload["returnRequestSetReturnMethod"]["errors"] == []


def test_customer_is_told_nothing_before_the_shop_agrees(order, anna):
    row = factories.ask(order, now=timezone.now(), basis=Basis.NON_CONFORMITY)
    methods.set_method(
        str(row.pk), STAFF, methods.WishedMethod("LOCKER_CODE", code="1"), now=timezone.now()
    )

    seen = Api(anna).post(READ, id=id_of(row))["returnRequest"]

    assert seen == {"attachments": [], "slipUrl": None, "returnMethod": None}


def test_list_of_requests_asks_no_more_with_more_rows():
    staff, clerk = Api(factories.make_staff()), factories.make_staff()
    factories.activate()

    def reads_with(requests):
        for _ in range(requests):
            made = factories.delivered_order(timezone.now() - timedelta(days=1))
            row = factories.ask(made, now=timezone.now())
            add(row, user=clerk)
            label = methods.WishedMethod("LOCKER_CODE", code="1")
            methods.set_method(str(row.pk), STAFF, label, now=timezone.now())
        captured = [CaptureQueriesContext(connections[alias]) for alias in connections]
        for context in captured:
            context.__enter__()
        nodes = [edge["node"] for edge in staff.post(LIST)["returnRequests"]["edges"]]
        for context in captured:
            context.__exit__(None, None, None)
        return nodes, sum(len(context) for context in captured)

    reads_with(1)
    few, many = reads_with(1), reads_with(3)

    assert (len(few[0]), len(many[0])) == (2, 5)
    assert {len(node["attachments"]) for node in many[0]} == {1}
    assert few[1] == many[1]
