"""The exported file of a request: whole, safe to open, and checked without the shop."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from saleor_aftersale.returns import messages, resolution, sending
from saleor_aftersale.returns.export import NotAFile, check_file, file_of, formula_safe, page_of
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


@pytest.fixture
def request_():
    factories.activate()
    request = factories.ask(factories.delivered_order(), note="=1+1 <script>alert(1)</script>")
    key = str(request.pk)
    sending.provide_shipping(key, CUSTOMER, tracking_number="12345678", now=NOON)
    messages.add_note(key, STAFF, text="Careful", now=NOON)
    return request


def run(*arguments):
    said = StringIO()
    call_command("aftersale", *arguments, stdout=said)
    return said.getvalue()


def test_file_holds_everything(request_):
    content = file_of(request_, NOON)

    assert content["request"]["number"] == request_.number
    assert [step["action"] for step in content["steps"]] == ["SUBMIT", "PROVIDE_SHIPPING"]
    assert [line["product_name"] for line in content["lines"]] == ["Kettle"]
    assert [message["text"] for message in content["messages"]] == ["Careful"]
    assert [parcel["tracking_number"] for parcel in content["parcels"]] == ["12345678"]
    assert content["order"]["customer_email"] == request_.order.customer_email


def test_file_holds_refunds(mailbox):
    factories.activate()
    request = factories.inspected(factories.ask(factories.delivered_order()))
    resolution.resolve_return(str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=NOON)

    (refund,) = file_of(request, NOON)["refunds"]

    assert (refund["key"], refund["currency"]) == (f"{request.number}/1", "EUR")


def test_command_writes_both_and_finds_them_intact(request_, tmp_path):
    said = run("export", request_.number, "--out", str(tmp_path))

    data, page = tmp_path / f"{request_.number}.json", tmp_path / f"{request_.number}.html"
    assert said == f"{page} written.\n{data} written.\n"
    assert run("verify", "--file", str(data)) == f"{request_.number} is intact.\n"


@pytest.mark.parametrize("kind", ["html", "json"])
def test_command_writes_only_what_is_wished(request_, tmp_path, kind):
    run("export", request_.number, "--out", str(tmp_path), f"--{kind}")

    assert [path.name for path in tmp_path.iterdir()] == [f"{request_.number}.{kind}"]


def test_command_refuses_a_number_it_does_not_know(request_, tmp_path):
    with pytest.raises(CommandError, match="^There is no return request R-1.$"):
        run("export", "R-1", "--out", str(tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_file_is_checked_without_database(request_, django_assert_num_queries):
    text = json.dumps(file_of(request_, NOON))

    with django_assert_num_queries(0):
        assert check_file(text) == request_.number


def _change_step(content):
    content["steps"][0]["reason"] = "Because"


def _drop_last(content):
    content["request"]["state"] = "APPROVED"


def _drop_first(content):
    del content["steps"][0]


def _change_line(content):
    content["lines"][0]["quantity"] = 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_change_step, "step 1 was changed after it was written."),
        (_drop_first, "step 1 was changed after it was written."),
        (_drop_last, "the last steps are missing."),
        (_change_line, "the steps are intact, but something else was changed"),
        (lambda content: content["steps"].clear(), "step 1 was changed"),
    ],
)
def test_changed_file_is_found(request_, change, message):
    content = file_of(request_, NOON)
    change(content)

    with pytest.raises(NotAFile, match=f"^{request_.number}: {message}"):
        check_file(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"steps": [{}]}', '{"steps": 1}'])
def test_anything_else_is_no_file(text):
    with pytest.raises(NotAFile, match="^This is no file of a return request.$"):
        check_file(text)


def test_verify_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="can't be read"):
        run("verify", "--file", str(tmp_path / "none.json"))


def test_page_escapes_and_disarms_what_people_wrote(request_):
    page = page_of(file_of(request_, NOON))

    assert "<td>&#x27;=1+1 &lt;script&gt;alert(1)&lt;/script&gt;</td>" in page.replace(
        "&#39;", "&#x27;"
    )
    assert "<script" not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\ta", "'\ta")]
    + [("a=1", "a=1"), (None, ""), (7, "7")],
)
def test_text_is_no_formula(value, text):
    assert formula_safe(value) == text
