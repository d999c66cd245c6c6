"""All that is kept of a person, as JSON."""

import base64
import json

import pytest

from saleor_aftersale import models
from saleor_aftersale.privacy import export
from saleor_aftersale.privacy.person import person_of
from tests import factories
from tests.factories import NOON, nothing_changed
from tests.saleor.privacy import lives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

ANNA = "anna@example.com"
BORIS = "boris@example.com"

#: Tables that hold nothing of a person's.
OF_NOBODY = {
    "CarrierCircuit",
    "EventDelivery",
    "OrderMirror",
    "PushedParcel",
    "ReturnNotice",
    "TransitTime",
}


@pytest.fixture(autouse=True)
def active():
    factories.activate()


def exported(email=ANNA):
    return json.loads("".join(export.export(email, NOON)))


def test_export_holds_every_table_with_personal_data():
    told = {rows.model.__name__ for rows in export.parts_of(person_of(ANNA)).values()}

    assert told == set(models.__all__) - OF_NOBODY


def test_export_holds_all_of_a_person_and_nothing_of_others():
    lives.live(BORIS, "boris")
    lives.live(ANNA, "anna")

    with nothing_changed():
        file = exported("ANNA@example.com")

    number = {name: len(rows) for name, rows in file.items() if isinstance(rows, list)}
    assert number.pop("mails") == models.OutboxMail.objects.filter(to_email=ANNA).count() > 0
    assert number == {
        "orders": 1,
        "parcels": 1,
        "parcel_lines": 1,
        "carrier_events": 1,
        "carrier_pushes": 1,
        "parcel_statements": 1,
        "return_requests": 1,
        "return_lines": 1,
        "return_steps": 2,
        "return_messages": 2,
        "return_parcels": 0,
        "return_methods": 0,
        "return_files": 1,
        "remedies": 0,
        "refunds": 0,
        "withdrawal_statements": 1,
        "feedback": 1,
        "vouchers": 0,
        "consents": 3,
        "suppressions": 1,
    }
    assert "boris@" not in json.dumps(file)
    assert (file["format"], file["email"], file["exported_at"]) == (1, ANNA, NOON.isoformat())


def test_export_holds_words_and_files_as_they_are():
    lives.live(ANNA, "anna")

    file = exported()

    assert file["feedback"][0]["comment"] == "Late."
    assert file["carrier_events"][0]["payload"] == {"name": "Boris Ivanov"}
    assert base64.b64decode(file["return_files"][0]["content"]) == b"\xff\xd8anna"
    assert base64.b64decode(file["carrier_pushes"][0]["body"]) == b"body of anna"


def test_export_names_no_staff():
    lives.live(ANNA, "anna")

    file = exported()

    assert factories.STAFF.label not in json.dumps(file)
    said = [(row["text"], row["requester_label"]) for row in file["return_messages"]]
    assert said == [("My knees hurt.", ANNA), ("Get well.", "")]


def test_push_about_other_peoples_parcels_is_left_out():
    lives.live(BORIS, "boris")
    lives.live(ANNA, "anna")
    lives.push("about both", *models.Shipment.objects.all())

    assert [row["body"] for row in exported()["carrier_pushes"]] == [
        base64.b64encode(b"body of anna").decode()
    ]


def test_export_of_who_is_unknown_is_empty():
    lives.live(BORIS, "boris")

    file = exported("nobody@example.com")

    assert {name: rows for name, rows in file.items() if rows and isinstance(rows, list)} == {}


@pytest.mark.parametrize("written", ["", "anna", "@example.com"])
def test_export_is_refused_when_that_is_no_address(written):
    with pytest.raises(ValueError, match="is no mail address"):
        exported(written)


def test_rows_are_read_one_after_the_other(django_assert_num_queries):
    lives.live(ANNA, "anna")
    pieces = export.export(ANNA, NOON)

    with django_assert_num_queries(0):
        next(pieces)
