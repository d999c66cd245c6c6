"""The withdrawal function as pages: statement, confirmation, what was received."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.db import DatabaseError
from django.utils import timezone

from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.host import hooks, orders
from saleor_aftersale.returns import withdrawal_matching, withdrawals
from saleor_aftersale.returns.actions import WishedLine, submit_return
from saleor_aftersale.returns.models import ReturnRequest, WithdrawalStatement
from saleor_aftersale.returns.withdrawal_rules import LABELS
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.views.withdrawal import MAX_BODY_BYTES
from tests import factories
from tests.factories import CHANNEL, IS_3, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

EMAIL = "boris@example.com"
TYPED = {"name": "Boris Ivanov", "contract": "the red kettle", "email": EMAIL}


def path_of(rest="", channel=CHANNEL):
    return hooks.page_path(PLUGIN_ID, channel, "withdraw/" + rest)


@pytest.fixture
def order(mailbox):
    """Two kettles and a cup, delivered yesterday, their mails sent."""
    factories.activate()
    yesterday = timezone.now() - timedelta(days=1)
    made = factories.delivered_order(yesterday, lines={"Kettle <b>": 2, "Cup": 1})
    factories.commit()
    mailbox.clear()
    return made


def key_of(order, name):
    return order.lines.get(product_name=name).pk


def link(order):
    return path_of(f"{factories.token_of(order)}/")


class Form(HTMLParser):
    """The one form of a page: its fields with their values, and its steps."""

    def __init__(self, response):
        super().__init__()
        self.fields, self.steps = {}, []
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input":
            self.fields[attrs["name"]] = attrs["value"]
        if tag == "button" and "name" in attrs:
            self.steps.append(attrs["value"])


def sent(client, path, step, fields, **more):
    response = client.post(path, {**fields, "step": step}, **more)
    factories.commit()
    return response


def declared(client, path, **typed):
    """Through both pages like a person; gives the page of what was received."""
    first = Form(client.get(path))
    second = Form(sent(client, path, "review", {**first.fields, **typed}))
    answer = sent(client, path, "declare", second.fields)
    assert answer.status_code == 303
    return client.get(answer["Location"])


def text_of(response):
    return response.content.decode()


# The way through


def test_guest_without_link_declares_and_sees_what_was_received(client, order, mailbox):
    page = declared(client, path_of(), **TYPED)

    row = WithdrawalStatement.objects.get()
    assert page.status_code == 200
    for words in (
        row.reference,
        "I withdraw from the contract: the red kettle.",
        "Boris Ivanov",
        EMAIL,
        "UTC",
    ):
        assert words in text_of(page)
    assert (row.came_by, row.proof, row.is_suspicious) == ("PAGE", "NONE", False)
    assert [message.to for message in mailbox] == [[EMAIL]]


def test_guest_with_link_declares_the_whole_order_without_typing(client, order):
    page = declared(client, link(order))

    number = factories.host_order(order).number
    row = WithdrawalStatement.objects.get()
    request = ReturnRequest.objects.get()
    assert f"I withdraw from the contract: Order {number}." in text_of(page)
    assert (row.name, row.email, row.proof, row.lines) == ("Boris Ivanov", EMAIL, "LINK", [])
    assert (row.state, row.order_ref) == ("MATCHED", str(order.pk))
    assert sorted(request.lines.values_list("quantity", flat=True)) == [1, 2]


def test_guest_with_link_declares_chosen_pieces(client, order):
    kettle, cup = key_of(order, "Kettle <b>"), key_of(order, "Cup")

    page = declared(client, link(order), **{f"quantity-{kettle}": "1", f"quantity-{cup}": "0"})

    row = WithdrawalStatement.objects.get()
    assert row.lines == [
        {"line_ref": str(kettle), "quantity": 1, "product_name": "Kettle <b>"},
    ]
    assert "Kettle &lt;b&gt;" in text_of(page)
    assert "Cup" not in text_of(page)
    assert list(ReturnRequest.objects.values_list("lines__quantity", flat=True)) == [1]


def test_first_page_asks_for_name_contract_and_mailbox_only(client, order):
    fields = Form(client.get(path_of())).fields

    # The others are filled in by us, or hidden from people.
    assert set(fields) == {"step", "key", "name", "contract", "email", "website"}


def test_second_page_shows_statement_and_two_buttons_and_keeps_nothing(client, order):
    fields = {**Form(client.get(path_of())).fields, **TYPED}

    with nothing_changed():
        response = sent(client, path_of(), "review", fields)

    assert Form(response).steps == ["declare", "change"]
    assert "I withdraw from the contract: the red kettle." in text_of(response)
    assert ">confirm withdrawal</button>" in text_of(response)


def test_change_leads_back_with_everything_typed(client, order):
    kettle, cup = key_of(order, "Kettle <b>"), key_of(order, "Cup")
    typed = {f"quantity-{kettle}": "1", f"quantity-{cup}": "0", "name": "Anna «A»"}
    fields = {**Form(client.get(link(order))).fields, **typed}
    second = Form(sent(client, link(order), "review", fields)).fields

    again = Form(sent(client, link(order), "change", second)).fields

    assert (again["name"], again[f"quantity-{kettle}"], again["key"]) == (
        "Anna «A»",
        "1",
        fields["key"],
    )


@pytest.mark.parametrize("language", ["en", "pl", "bg", "ru"])
def test_labels_are_those_of_the_law_in_each_language(client, order, language):
    query = f"?language={language}"

    first = client.get(path_of() + query)
    second = sent(client, path_of() + query, "review", TYPED)

    assert f'<html lang="{language}"' in text_of(first)
    assert f">{LABELS[language].function}</h1>" in text_of(first)
    assert f">{LABELS[language].confirmation}</button>" in text_of(second)


def test_page_is_in_language_of_the_order_when_none_is_wished(client, order):
    order.language_code = "bg"
    order.save()

    assert '<html lang="bg"' in text_of(client.get(link(order)))


def test_pages_keep_the_token_to_themselves_and_set_no_cookie(client, order):
    token = factories.token_of(order)
    path = path_of(f"{token}/")

    first = client.get(path)
    second = sent(client, path, "review", Form(first).fields)
    third = sent(client, path, "declare", Form(second).fields)

    for response in (first, second, third):
        assert token not in text_of(response)
        assert response["Content-Security-Policy"].startswith("default-src 'none'")
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "private, no-store"
        assert not response.cookies
        assert "<script" not in text_of(response)
    assert token not in third["Location"]


def test_model_form_can_be_printed(client, order):
    first = text_of(client.get(path_of()))
    response = client.get(path_of("form/"))

    assert f'href="{path_of("form/")}"' in first
    assert "I/We (*) hereby give notice" in text_of(response)


# What the page says of a known order


def test_page_says_until_when_when_the_period_runs(client, order):
    assert "You can withdraw until" in text_of(client.get(link(order)))


def test_page_names_the_guarantee_when_the_period_is_over_and_takes_it_still(client):
    factories.activate()
    order = factories.delivered_order(timezone.now() - timedelta(days=40))
    factories.commit()

    response = client.get(link(order))
    declared(client, link(order))

    assert "ended on" in text_of(response)
    assert "legal guarantee applies until" in text_of(response)
    row = WithdrawalStatement.objects.get()
    assert (row.state, row.reason_code) == ("NEEDS_DECISION", "PERIOD_EXPIRED")


def test_page_says_why_when_a_line_is_returned_already(client, order):
    kettle = key_of(order, "Kettle <b>")
    wish = WishedLine(str(kettle), 2)
    submit_return(
        factories.keep(order),
        [wish],
        factories.CUSTOMER,
        settings_of(CHANNEL),
        now=timezone.now(),
    )

    response = client.get(link(order))

    assert Form(response).fields[f"quantity-{kettle}"] == "0"
    assert "already been returned" in text_of(response)


# Twice, and what is wrong


def test_double_click_is_one_statement(client, order, mailbox):
    fields = Form(sent(client, path_of(), "review", TYPED)).fields

    pages = [
        client.get(sent(client, path_of(), "declare", fields)["Location"]) for _click in range(2)
    ]

    assert text_of(pages[0]) == text_of(pages[1])
    assert WithdrawalStatement.objects.count() == 1
    assert len(mailbox) == 1


@pytest.mark.parametrize("step", ["review", "declare"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Please fill this in."),
        ({"contract": ""}, "Please fill this in."),
        ({"email": "boris"}, "Write a mail address, as name@example.com."),
        ({"name": "x" * 201}, "This is too long."),
        ({"email": "b@example.com\r\nBcc: eve@example.com"}, "Write a mail address"),
    ],
)
def test_page_says_what_is_wrong_and_keeps_what_was_typed(client, order, step, change, words):
    with nothing_changed():
        response = sent(client, path_of(), step, {**TYPED, **change})

    assert response.status_code == 400
    assert words in text_of(response)
    kept = Form(response).fields
    assert {name: kept[name] for name in TYPED if name not in change} == {
        name: value for name, value in TYPED.items() if name not in change
    }


@pytest.mark.parametrize("quantity", ["3", "-1", "1.5", "x", "9" * 30])
def test_page_says_what_is_wrong_with_pieces(client, order, quantity):
    kettle = key_of(order, "Kettle <b>")
    fields = {**Form(client.get(link(order))).fields, f"quantity-{kettle}": quantity}

    with nothing_changed():
        response = sent(client, link(order), "declare", fields)

    assert response.status_code == 400
    assert "at most as many as you ordered" in text_of(response)


def test_page_wants_one_piece_at_least(client, order):
    fields = Form(client.get(link(order))).fields
    none = {name: "0" for name in fields if name.startswith("quantity-")}

    with nothing_changed():
        response = sent(client, link(order), "declare", {**fields, **none})

    assert "Choose at least one piece." in text_of(response)


def test_body_too_large_is_refused_with_a_sentence(client, order):
    with nothing_changed():
        response = sent(client, path_of(), "declare", {**TYPED, "contract": "x" * 10_000_000})

    assert response.status_code == 413
    assert "That was too much text" in text_of(response)
    assert MAX_BODY_BYTES < 10_000_000


def test_strange_characters_lose_no_statement(client, order, mailbox):
    declared(
        client,
        path_of(),
        name="Zo\x00ë 🫖\r\nBcc: eve@example.com",
        contract="<script>alert(1)</script>\u202e",
        email=EMAIL,
    )

    row = WithdrawalStatement.objects.get()
    assert row.name == "Zo\ufffdë 🫖 Bcc: eve@example.com"
    assert row.contract == "<script>alert(1)</script>\u202e"
    assert [(message.to, message.bcc) for message in mailbox] == [([EMAIL], [])]


def test_filled_trap_only_marks_the_statement(client, order, mailbox):
    declared(client, path_of(), website="https://spam.example", **TYPED)

    assert WithdrawalStatement.objects.get().is_suspicious is True
    assert len(mailbox) == 1


@pytest.mark.parametrize("method", ["put", "delete"])
def test_page_answers_no_other_method(client, order, method):
    assert getattr(client, method)(path_of()).status_code == 404


def test_page_is_not_there_when_plugin_is_inactive(client, order):
    factories.activate(active=False)

    with nothing_changed():
        response = sent(client, path_of(), "declare", TYPED)

    assert response.status_code == 404


# Nobody learns what isn't theirs


def _seen(response):
    """A page without what differs from statement to statement."""
    page = re.sub(r"W-\d{4}-[A-Z0-9-]{9}", "W", text_of(response))
    return re.sub(r"<time.*?</time>", "", page, flags=re.S)


def test_answer_is_the_same_whether_the_order_exists_or_not(client, order):
    known = {**TYPED, "contract": factories.host_order(order).number}
    unknown = {**TYPED, "contract": "9" * len(known["contract"]), "email": EMAIL}
    pages, rows = [], []

    for typed in (known, unknown, {**known, "email": "eve@example.com"}):
        pages.append(_seen(declared(client, path_of(), **typed)))
        rows.append(WithdrawalStatement.objects.latest("pk"))

    first, second, third = pages
    assert first == second.replace(unknown["contract"], known["contract"])
    assert first == third.replace("eve@example.com", EMAIL)
    assert [row.state for row in rows] == ["MATCHED", "NEEDS_MATCHING", "NEEDS_MATCHING"]


def test_nothing_is_looked_up_before_the_answer(client, order, monkeypatch):
    def look_up(*_args, **_more):
        raise AssertionError("only a task may look for the order")

    monkeypatch.setattr(withdrawal_matching, "match_statement", lambda *_args: None)
    monkeypatch.setattr(orders, "find_order", look_up)
    monkeypatch.setattr(orders, "load_orders", look_up)

    page = declared(client, path_of(), **TYPED)

    assert page.status_code == 200


def _changed(order):
    token = factories.token_of(order)
    return ("A" if token[0] != "A" else "B") + token[1:]


def _revoked(order):
    token = factories.token_of(order)
    revoke_links(str(order.pk))
    return token


@pytest.mark.parametrize("make_token", [_changed, _revoked, factories.expired_token])
def test_dead_link_shows_nothing_of_the_order_and_takes_a_statement_still(
    client, order, make_token
):
    path = path_of(f"{make_token(order)}/")

    response = client.get(path)
    declared(client, path, **TYPED)

    assert "This link doesn't work any more." in text_of(response).replace("&#x27;", "'").replace(
        "&#39;", "'"
    )
    assert "Kettle" not in text_of(response)
    assert EMAIL not in text_of(response)
    row = WithdrawalStatement.objects.get()
    assert (row.proof, row.order_ref) == ("NONE", "")


def test_statement_is_kept_when_link_dies_between_the_pages(client, order):
    path = link(order)
    fields = Form(sent(client, path, "review", Form(client.get(path)).fields)).fields
    revoke_links(str(order.pk))

    sent(client, path, "declare", fields)

    row = WithdrawalStatement.objects.get()
    number = factories.host_order(order).number
    assert (row.proof, row.contract) == ("NONE", f"Order {number}")
    assert (row.state, row.order_ref) == ("MATCHED", str(order.pk))


def test_statement_is_kept_when_the_order_cannot_be_read(client, order, monkeypatch):
    kettle = key_of(order, "Kettle <b>")
    path = link(order)
    typed = {**Form(client.get(path)).fields, f"quantity-{kettle}": "1"}
    fields = Form(sent(client, path, "review", typed)).fields

    def fail(*_args, **_more):
        raise DatabaseError("no such table")

    monkeypatch.setattr(orders, "load_orders", fail)
    answer = sent(client, path, "declare", fields)

    row = WithdrawalStatement.objects.get()
    assert answer.status_code == 303
    assert {"line_ref": str(kettle), "quantity": 1, "product_name": ""} in row.lines
    assert row.acknowledged_at is not None


def test_received_page_opens_by_its_own_address_only(client, order):
    declared(client, path_of(), **TYPED)
    row = WithdrawalStatement.objects.get()

    for guess in (row.reference, str(row.pk), f"{row.pk}:x:y", ""):
        response = client.get(path_of(f"received/{guess}/"))
        assert response.status_code == 404
        assert EMAIL not in text_of(response)


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_link_opens_nothing_in_another_channel(client, order):
    factories.activate(channel="other")

    response = client.get(path_of(f"{factories.token_of(order)}/", "other"))

    assert response.status_code == 200
    assert "Kettle" not in text_of(response)
    assert EMAIL not in text_of(response)


def test_addresses_for_others_lead_to_the_pages(client, order):
    token = factories.token_of(order)

    assert withdrawals.page_url(CHANNEL).endswith(path_of())
    assert withdrawals.page_url(CHANNEL, token).endswith(path_of(f"{token}/"))
