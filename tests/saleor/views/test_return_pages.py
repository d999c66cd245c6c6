"""Returns as pages behind a signed link: start one, follow it, write, send, cancel, its files."""

import re
import sys
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from saleor_aftersale import texts
from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.host import hooks
from saleor_aftersale.returns import (
    actions,
    attachments,
    bases,
    file_links,
    messages,
    methods,
    policy,
    resolution,
)
from saleor_aftersale.returns.models import ReturnAttachment, ReturnRequest
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.views import return_form, returns
from tests import factories
from tests.factories import CHANNEL, IS_3, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

GOODWILL = {"return_window_days": "30"}


def path_of(token, number=""):
    rest = f"return/{token}/" + (f"{number}/" if number else "")
    return hooks.page_path(PLUGIN_ID, CHANNEL, rest)


@pytest.fixture
def order(mailbox):
    """Two kettles and a cup, delivered yesterday, their mails sent."""
    factories.activate(**GOODWILL)
    made = factories.delivered_order(
        timezone.now() - timedelta(days=1), lines={"Kettle <b>": 2, "Cup": 1}
    )
    factories.commit()
    mailbox.clear()
    return made


@pytest.fixture
def start(order):
    return path_of(factories.token_of(order))


def ref(order, name="Kettle <b>"):
    return str(order.lines.get(product_name=name).pk)


def picture(color="red"):
    out = BytesIO()
    Image.new("RGB", (30, 20), color).save(out, "PNG")
    return SimpleUploadedFile("../cat.php", out.getvalue(), "text/html")


class Form(HTMLParser):
    """The fields of a page with their values, of all its forms."""

    def __init__(self, response):
        super().__init__()
        self.fields, self.actions, self._select = {}, [], ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input" and attrs.get("type") != "file":
            self.fields[attrs["name"]] = attrs.get("value", "")
        if tag == "select":
            self._select = attrs["name"]
        if tag == "option" and "selected" in attrs:
            self.fields[self._select] = attrs["value"]
        if tag == "button" and "name" in attrs:
            self.actions.append(attrs["value"])


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def post(client, path, fields, **more):
    response = client.post(path, fields, **more)
    factories.commit()
    return response


def asked(client, start, order, **more):
    """A request made through the page; gives its row and its page's path."""
    fields = {**Form(client.get(start)).fields, f"quantity-{ref(order)}": "1", **more}
    answer = post(client, start, fields)
    assert answer.status_code == 303
    return ReturnRequest.objects.order_by("pk").last(), answer["Location"].partition("?")[0]


# Start


def test_start_page_proposes_the_best_ground_and_says_who_pays(client, order, start):
    page = client.get(start)

    assert page.status_code == 200
    assert Form(page).fields[f"basis-{ref(order)}"] == "WITHDRAWAL"
    words = text_of(page)
    assert "Kettle &lt;b&gt;" in words
    assert "Withdrawal from the contract, without a reason: until" in words
    assert "You pay the way back." in words
    assert "The shop pays the way back." in words


def test_start_page_says_every_reason_why_not(client):
    factories.activate()
    long_ago = timezone.now() - timedelta(days=900)
    made = factories.delivered_order(long_ago, lines={"Kettle": 1})
    factories.activate(return_rules="all | exception C")

    words = text_of(client.get(path_of(factories.token_of(made))))

    assert (
        "Withdrawal from the contract, without a reason: "
        "The period for this has ended. It was made to order or personalised."
    ) in words
    assert "Nothing of this order can be given back now." in words
    assert "Send the request" not in words


def test_page_has_strict_headers_and_no_token(client, order, start):
    page = client.get(start)

    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "private, no-store"
    assert factories.token_of(order)[:20] not in text_of(page)


@pytest.mark.parametrize("language", ["en", "pl", "bg", "ru"])
def test_page_speaks_the_language_chosen(client, start, language):
    assert f'<html lang="{language}">' in text_of(client.get(f"{start}?language={language}"))


def test_guest_starts_a_return_with_photos(client, order, start):
    photos = [picture("red"), picture("blue")]
    row, path = asked(
        client, start, order, note="Too loud", photos=photos,
        **{f"basis-{ref(order)}": "NON_CONFORMITY", f"reason-{ref(order)}": "DEFECTIVE_ON_ARRIVAL"},
    )  # fmt: skip

    line = row.lines.get()
    assert (line.line_ref, line.quantity, line.basis, line.reason) == (
        ref(order),
        1,
        "NON_CONFORMITY",
        "DEFECTIVE_ON_ARRIVAL",
    )
    assert (row.customer_note, row.transitions.get().role) == ("Too loud", "guest")
    kept = row.attachments.order_by("pk")
    assert [(each.name, each.content_type) for each in kept] == [("cat.jpg", "image/jpeg")] * 2
    assert row.number in text_of(client.get(path))


def test_same_form_sent_twice_makes_one_request(client, order, start):
    fields = {**Form(client.get(start)).fields, f"quantity-{ref(order)}": "1"}

    first = post(client, start, {**fields, "photos": picture()})
    second = post(client, start, {**fields, "photos": picture()})

    assert first["Location"] == second["Location"]
    assert ReturnRequest.objects.count() == 1
    assert ReturnAttachment.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Choose at least one piece."),
        ({"quantity": "two"}, "Write how many pieces as a number."),
        ({"quantity": "-1"}, "Write how many pieces as a number."),
        ({"quantity": "3"}, "That is more than can be returned."),
        ({"quantity": "1", "basis": "COMMERCIAL_WARRANTY"}, "came without a commercial warranty."),
        ({"quantity": "1", "note": "x" * 4001}, "Please use up to 4000 characters."),
        ({"quantity": "1", "photos": SimpleUploadedFile("a.jpg", b"<html>")}, "Use photos in JPEG"),
        ({"quantity": "1", "photos": SimpleUploadedFile("a.jpg", b"")}, "Choose a photo that"),
    ],
)
def test_fault_is_said_and_what_was_typed_is_kept(client, order, start, typed, words):
    note = {"note": "My words", **{key: typed[key] for key in ("note", "photos") if key in typed}}
    own = {f"{key}-{ref(order)}": typed[key] for key in ("quantity", "basis") if key in typed}
    fields = {**Form(client.get(start)).fields, **note, **own}

    with nothing_changed():
        answer = post(client, start, fields)

    assert answer.status_code == 400
    assert words in text_of(answer)
    assert note["note"] in text_of(answer)
    again = Form(answer).fields
    assert again["key"] == fields["key"]
    if own:
        assert again[f"quantity-{ref(order)}"] == own[f"quantity-{ref(order)}"]


def test_every_fault_is_said_where_it_is(client):
    factories.activate()
    made = factories.delivered_order(timezone.now(), lines={"Kettle": 2, "Cup": 1, "Bowl": 1})
    start = path_of(factories.token_of(made))
    fields = {
        **Form(client.get(start)).fields,
        f"quantity-{ref(made, 'Kettle')}": "3",
        f"quantity-{ref(made, 'Cup')}": "1",
        f"basis-{ref(made, 'Cup')}": "COMMERCIAL_WARRANTY",
        f"quantity-{ref(made, 'Bowl')}": "1",
        "note": "x" * 4001,
    }

    with nothing_changed():
        answer = post(client, start, fields)

    faults = re.findall(r'<(?:p|span) class="fault"[^>]*>(.*?)</', unescape(text_of(answer)))
    assert faults == [
        "Nothing was sent: something is missing or wrong below.",
        "That is more than can be returned.",
        "This item came without a commercial warranty.",
        "This is too long. Please use up to 4000 characters.",
    ]
    words = text_of(answer)
    assert 'aria-describedby="line-1-fault"> <legend>Kettle<' in words
    assert 'aria-describedby="line-2-fault"> <legend>Cup<' in words
    assert "line-3-fault" not in words


def test_form_that_is_too_large_is_not_read(client, start, monkeypatch):
    monkeypatch.setattr(returns, "MAX_BODY_BYTES", 100)

    with nothing_changed():
        answer = post(client, start, {"note": "x" * 200})

    assert answer.status_code == 413
    assert "That was too large" in text_of(answer)


# The page of one request


def test_withdrawal_shows_at_once_how_to_send_it_back(client, order, start):
    factories.activate(**GOODWILL, return_instructions="To: https://shop.example Łódź")
    _row, path = asked(client, start, order)

    words = text_of(client.get(path))

    assert "Return requested" in words
    assert "Send it with a carrier of your choice and keep the receipt." in words
    assert '<a href="https://shop.example" rel="noreferrer noopener">' in words


def test_code_and_place_chosen_by_staff_are_shown_after_approval(client, order, start):
    row, path = asked(client, start, order, **{f"basis-{ref(order)}": "GOODWILL_RETURN"})
    wish = methods.WishedMethod("LOCKER_CODE", code="123<456", drop_off_point="Locker 7")
    methods.set_method(str(row.pk), STAFF, wish, now=timezone.now())
    assert "123&lt;456" not in text_of(client.get(path))
    actions.approve_return(str(row.pk), STAFF, now=timezone.now())

    words = text_of(client.get(path))

    assert "Return approved" in words
    assert "123&lt;456" in words
    assert "Locker 7" in words


def test_declined_request_tells_why_and_closes_its_forms(client, order, start):
    row, path = asked(client, start, order, **{f"basis-{ref(order)}": "NON_CONFORMITY"})
    actions.decline_return(
        str(row.pk), STAFF, code="DAMAGE_BY_USE", note="Fell <down>", now=timezone.now()
    )

    page = client.get(path)

    assert "The damage comes from use." in text_of(page)
    assert "Fell &lt;down&gt;" in text_of(page)
    assert Form(page).actions == ["reopen", "message"]


def test_messages_are_shown_and_notes_are_not(client, order, start):
    row, path = asked(client, start, order)
    now = timezone.now()
    messages.add_note(str(row.pk), STAFF, text="Suspicious fellow", now=now)
    messages.add_message(str(row.pk), STAFF, text="Which <colour>?", now=now)

    answer = post(client, path, {"do": "message", "text": "Red"})

    words = text_of(client.get(path))
    assert answer.status_code == 303
    assert "Which &lt;colour&gt;?" in words
    assert "Red" in words
    assert "Suspicious fellow" not in words
    assert "clerk@example.com" not in words


def test_question_is_answered_on_the_page(client, order, start):
    row, path = asked(client, start, order)
    messages.ask_for_info(str(row.pk), STAFF, question="How broken?", now=timezone.now())
    assert "answer" in Form(client.get(path)).actions

    post(client, path, {"do": "answer", "answer": "Very"})

    row.refresh_from_db()
    assert row.state == "SUBMITTED"
    assert row.messages.order_by("pk").last().text == "Very"


def test_tracking_number_is_kept_as_proof(client, order, start):
    row, path = asked(client, start, order)

    post(client, path, {"do": "shipping", "tracking_number": "1Z 999AA1 0123456784"})

    assert row.parcels.get().tracking_number == "1Z999AA10123456784"
    assert "1Z999AA10123456784" in text_of(client.get(path))


def test_photo_is_added_later_and_opens(client, order, start):
    row, path = asked(client, start, order)

    post(client, path, {"do": "photos", "photos": [picture("red"), picture("blue")]})

    url = re.search(r'href="([^"]*return-file[^"]*)"', text_of(client.get(path))).group(1)
    opened = client.get(re.sub(r"^https?://[^/]+", "", url))
    assert row.attachments.count() == 2
    assert (opened.status_code, opened["Content-Type"]) == (200, "image/jpeg")


def test_request_is_taken_back_on_the_page(client, order, start):
    row, path = asked(client, start, order)
    assert "cancel" in Form(client.get(path)).actions

    post(client, path, {"do": "cancel"})

    row.refresh_from_db()
    assert (row.state, row.transitions.order_by("pk").last().role) == ("CANCELLED", "guest")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do": "message", "text": " "}, "Please fill this in."),
        ({"do": "message", "text": "x" * 4001}, "Please use up to 4000 characters."),
        ({"do": "shipping", "tracking_number": "<b>"}, "This is no tracking number."),
        ({"do": "shipping", "tracking_number": ""}, "Please fill this in."),
        (
            {"do": "shipping", "tracking_number": "1Z999AA10123456784", "carrier": "U P S!"},
            "Write the carrier's name alone",
        ),
        ({"do": "answer", "answer": "Nobody asked"}, "This isn't possible any more"),
        ({"do": "photos"}, "Choose a photo that isn't empty."),
    ],
)
def test_form_of_a_request_that_cant_be_taken_is_shown_again(client, order, start, fields, words):
    _row, path = asked(client, start, order)

    with nothing_changed():
        answer = post(client, path, fields)

    assert answer.status_code == 400
    assert words in unescape(text_of(answer))
    if "tracking_number" in fields:
        assert Form(answer).fields["tracking_number"] == fields["tracking_number"]


def test_one_bad_photo_keeps_out_the_good_one_beside_it(client, order, start):
    _row, path = asked(client, start, order)
    bad = SimpleUploadedFile("b.jpg", b"\xff\xd8\xff broken")

    with nothing_changed():
        answer = post(client, path, {"do": "photos", "photos": [picture(), bad]})

    assert "A photo is damaged." in text_of(answer)


# What the customer would like


def chosen(order, basis, **more):
    """A form's answers for the kettle."""
    return {f"basis-{ref(order)}": basis, **more}


def offered(page):
    """Values of the select that asks for the wish."""
    found = re.search(r'<select id="resolution".*?</select>', text_of(page))
    return re.findall(r'value="([^"]*)"', found.group(0)) if found else []


def test_start_page_offers_what_any_open_ground_offers(client, order, start):
    page = client.get(start)

    assert offered(page) == [
        "",
        "REFUND_ORIGINAL",
        "REPLACEMENT",
        "REPAIR",
        "MISSING_PART",
        "PRICE_REDUCTION",
        "TERMINATION",
        "RESHIP",
    ]
    words = "You can ask for: Repair; A new one; Keep it and get a part of the price back;"
    assert words in text_of(page)


def test_start_page_doesnt_ask_where_there_is_one_answer(client, order, start):
    decisions = {"1": policy.Decision("1", 1, (_option("REFUND_ORIGINAL"), _option()))}
    one_line = SimpleNamespace(ref="1", product_name="Kettle", variant_name="")
    lone = SimpleNamespace(number="7", lines=(one_line,))

    shown = return_form.context_of(lone, decisions, return_form.blank())

    assert shown["resolutions"] == []


def _option(*resolutions):
    basis = bases.Basis.WITHDRAWAL if resolutions else bases.Basis.GOODWILL_RETURN
    return policy.Option(basis, (), None, 1, resolutions=resolutions)


@pytest.mark.parametrize(
    ("wish", "kept"), [("REPLACEMENT", "REPLACEMENT"), ("", "REPAIR"), ("GIFT", "REPAIR")]
)
def test_wish_is_kept_and_shown(client, order, start, wish, kept):
    row, path = asked(client, start, order, **chosen(order, "NON_CONFORMITY", resolution=wish))

    assert row.resolution == kept
    assert f"What you would like: {texts.text('resolution.' + kept)}" in text_of(client.get(path))


def test_wish_that_isnt_offered_on_that_ground_is_a_fault(client, order, start):
    fields = {
        **Form(client.get(start)).fields,
        f"quantity-{ref(order)}": "1",
        **chosen(order, "NON_CONFORMITY", resolution="RESHIP"),
    }

    with nothing_changed():
        answer = post(client, start, fields)

    assert answer.status_code == 400
    assert "That isn't offered for everything you chose." in unescape(text_of(answer))
    assert Form(answer).fields["resolution"] == "RESHIP"


# Changed before it is decided


def test_request_is_changed_on_its_page(client, order, start):
    row, path = asked(client, start, order, note="Too big")
    assert 'href="change/?language=en"' in text_of(client.get(path))
    form = Form(client.get(path + "change/"))
    assert (form.fields[f"quantity-{ref(order)}"], form.fields["resolution"]) == (
        "1",
        "REFUND_ORIGINAL",
    )

    answer = post(
        client,
        path + "change/",
        {
            **form.fields,
            f"quantity-{ref(order)}": "2",
            **chosen(order, "NON_CONFORMITY", resolution="REPAIR", note="It leaks"),
        },
    )

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, path)
    row.refresh_from_db()
    line = row.lines.get()
    assert (row.state, row.resolution, row.customer_note) == ("SUBMITTED", "REPAIR", "It leaks")
    assert (line.quantity, line.basis) == (2, "NON_CONFORMITY")
    step = row.transitions.order_by("pk").last()
    assert (step.action, step.role) == ("UPDATE", "guest")


def test_note_is_shown_as_it_was_when_a_request_is_changed(client, order, start):
    _row, path = asked(client, start, order, note="Too <big>")

    page = client.get(path + "change/")

    assert ">Too &lt;big&gt;</textarea>" in text_of(page)
    assert 'type="file"' not in text_of(page)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("3", "That is more than can be returned."),
        ("x", "Write how many pieces"),
        ("0", "Choose at least one"),
    ],
)
def test_change_that_cant_be_taken_is_shown_again(client, order, start, typed, words):
    _row, path = asked(client, start, order)
    fields = {**Form(client.get(path + "change/")).fields, f"quantity-{ref(order)}": typed}

    with nothing_changed():
        answer = post(client, path + "change/", fields)

    assert answer.status_code == 400
    assert words in unescape(text_of(answer))
    assert Form(answer).fields[f"quantity-{ref(order)}"] == typed


def test_ground_that_has_closed_since_stays_open_to_who_used_it(client, order, start):
    _row, path = asked(client, start, order, **chosen(order, "GOODWILL_RETURN"))
    factories.activate(return_rules="all | goodwill 0")
    form = Form(client.get(path + "change/"))

    answer = post(client, path + "change/", {**form.fields, "note": "Please be quick"})

    assert form.fields[f"basis-{ref(order)}"] == "GOODWILL_RETURN"
    assert answer.status_code == 303


def test_decided_request_is_changed_no_more(client, order, start):
    row, path = asked(client, start, order)
    fields = {**Form(client.get(path + "change/")).fields, f"quantity-{ref(order)}": "2"}
    actions.approve_return(str(row.pk), STAFF, now=timezone.now())

    shown = client.get(path + "change/")
    with nothing_changed():
        answer = post(client, path + "change/", fields)

    assert "change/" not in text_of(client.get(path))
    assert (shown.status_code, shown["Location"].partition("?")[0]) == (302, path)
    assert "This isn't possible any more" in unescape(text_of(answer))


# Taken up again


def declined(client, start, order):
    row, path = asked(client, start, order, **chosen(order, "NON_CONFORMITY"))
    actions.decline_return(str(row.pk), STAFF, code="NO_DEFECT_FOUND", now=timezone.now())
    factories.commit()
    return row, path


def test_objection_is_decided_again(client, order, start):
    row, path = declined(client, start, order)

    post(client, path, {"do": "reopen", "note": "It leaks when hot"})

    row.refresh_from_db()
    assert (row.state, row.decline_code) == ("SUBMITTED", "")
    assert [message.text for message in row.messages.all()] == ["It leaks when hot"]
    assert "reopen" not in Form(client.get(path)).actions


@pytest.mark.parametrize(
    ("note", "words"), [(" ", "Write why."), ("x" * 4001, "Please use up to 4000 characters.")]
)
def test_objection_without_a_reason_is_none(client, order, start, note, words):
    _row, path = declined(client, start, order)

    with nothing_changed():
        answer = post(client, path, {"do": "reopen", "note": note})

    assert answer.status_code == 400
    assert words in unescape(text_of(answer))


def test_open_request_cant_be_taken_up_again(client, order, start):
    _row, path = asked(client, start, order)

    with nothing_changed():
        answer = post(client, path, {"do": "reopen", "note": "Again"})

    assert "This isn't possible any more" in unescape(text_of(answer))


# A draft, begun in the storefront


def draft(order):
    wish = actions.WishedLine(ref(order), 1, bases.Basis.NON_CONFORMITY)
    settings = settings_of(CHANNEL)
    now = timezone.now()
    return actions.submit_return(
        factories.keep(order), [wish], factories.CUSTOMER, settings, is_draft=True, now=now
    )


def test_draft_is_sent_from_its_page(client, order):
    row = draft(order)
    path = path_of(factories.token_of(order), row.number)
    assert {"submit", "discard"} <= set(Form(client.get(path)).actions)

    post(client, path, {"do": "submit"})

    row.refresh_from_db()
    assert row.state == "SUBMITTED"
    assert not {"submit", "discard"} & set(Form(client.get(path)).actions)


def test_draft_is_deleted_from_its_page(client, order, start):
    row = draft(order)

    answer = post(client, f"{start}{row.number}/", {"do": "discard"})

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, start)
    assert not ReturnRequest.objects.exists()


@pytest.mark.parametrize("do", ["submit", "discard"])
def test_request_that_was_sent_is_no_draft(client, order, start, do):
    _row, path = asked(client, start, order)

    with nothing_changed():
        answer = post(client, path, {"do": do})

    assert "This isn't possible any more" in unescape(text_of(answer))


# How it ends


def test_page_tells_what_was_paid_back(client, order, start):
    row, path = asked(client, start, order)
    factories.inspected(row)
    resolution.resolve_return(str(row.pk), STAFF, resolution="REFUND_ORIGINAL", now=timezone.now())
    factories.commit()

    words = text_of(client.get(path))

    assert "What was decided: Money back, the way it was paid" in words
    assert '<dt>Amount</dt><dd class="number">€10.00</dd>' in words


def test_page_speaks_of_goods_when_goods_are_on_their_way(client, order, start):
    row, path = asked(client, start, order, **chosen(order, "DELIVERY_PROBLEM"))
    actions.approve_return(str(row.pk), STAFF, now=timezone.now())
    resolution.resolve_return(
        str(row.pk), STAFF, resolution="REPLACEMENT", without_goods=True, now=timezone.now()
    )
    factories.commit()

    words = text_of(client.get(path))

    assert "Replacement or repair in progress" in words
    assert "Your money" not in words


def test_place_that_doesnt_exist_is_no_page(client, order, start):
    _row, path = asked(client, start, order)

    with nothing_changed():
        assert client.get(path + "delete/").status_code == 404
        assert post(client, path + "delete/", {"do": "cancel"}).status_code == 404


def test_unknown_form_is_no_page(client, order, start):
    _row, path = asked(client, start, order)

    with nothing_changed():
        assert post(client, path, {"do": "approve"}).status_code == 404


# Who may see it


@pytest.fixture
def other(order):
    """Another customer's order with a request of its own."""
    made = factories.delivered_order(
        timezone.now() - timedelta(days=1), lines={"Secret lamp": 1}, email="eve@example.com"
    )
    factories.ask(made, now=timezone.now(), note="Secret words")
    return made


def answers_of(client, path):
    """What reading and every form of a path give; of a request's, its page to change it too."""
    forms = [{}, {"do": "cancel"}, {"do": "message", "text": "x"}, {"do": "photos"}]
    forms += [{"do": "reopen", "note": "x"}, {"note": "x"}]
    pages = [path, path + "change/"] if "/R-" in path else [path]
    with nothing_changed():
        return {client.get(page).status_code for page in pages} | {
            post(client, page, form).status_code for page in pages for form in forms
        }


def test_link_opens_no_request_of_another_order(client, order, other):
    number = ReturnRequest.objects.get(order__order_ref=str(other.pk)).number

    foreign = client.get(path_of(factories.token_of(order), number))
    missing = client.get(path_of(factories.token_of(order), "R-2026-999999"))

    assert answers_of(client, path_of(factories.token_of(order), number)) == {404}
    assert foreign.content == missing.content
    assert "Secret" not in text_of(client.get(path_of(factories.token_of(order))))


def test_stranger_opens_nothing(client, order, other):
    number = ReturnRequest.objects.get().number

    for token in ("x", "x:y:z", number, ""):
        assert answers_of(client, path_of(token)) == {404}
        assert answers_of(client, path_of(token or "x", number)) == {404}


def test_revoked_link_opens_nothing(client, other):
    token = factories.token_of(other)
    number = ReturnRequest.objects.get().number
    revoke_links(str(other.pk))

    assert answers_of(client, path_of(token)) == {404}
    assert answers_of(client, path_of(token, number)) == {404}


def test_expired_link_opens_nothing(client, other):
    number = ReturnRequest.objects.get().number

    assert answers_of(client, path_of(factories.expired_token(other))) == {410}
    assert answers_of(client, path_of(factories.expired_token(other), number)) == {410}


@pytest.mark.skipif(not IS_3, reason="one channel only on 2.10.1")
def test_link_opens_nothing_in_another_channel(client, other):
    factories.activate(channel="other")
    rest = f"return/{factories.token_of(other)}/"

    assert answers_of(client, hooks.page_path(PLUGIN_ID, "other", rest)) == {404}


def test_owner_sees_the_same_by_the_link(client):
    factories.activate()
    anna = factories.make_customer()
    made = factories.delivered_order(timezone.now() - timedelta(days=1), user=anna)

    assert "Kettle" in text_of(client.get(path_of(factories.token_of(made))))


# Files behind signed addresses


@pytest.fixture
def row(order):
    """A withdrawal with a photo."""
    made = factories.ask(order, now=timezone.now())
    upload = attachments.Upload("cat.jpg", picture().read())
    attachments.add_photo(str(made.pk), upload, factories.CUSTOMER, now=timezone.now())
    return made


def local(url):
    return re.sub(r"^https?://[^/]+", "", url)


def photo_path(row, now=None):
    return local(file_links.attachment_url(row.attachments.get(), row, now or timezone.now()))


def slip_path(row, now=None):
    return local(file_links.slip_url(row, now or timezone.now()))


def test_photo_is_served_as_a_picture_and_nothing_else(client, row):
    answer = client.get(photo_path(row))

    attachment = row.attachments.get()
    assert answer.content == bytes(attachment.content)
    assert {name: answer[name] for name in (
        "Content-Type", "Content-Disposition", "Content-Security-Policy",
        "X-Content-Type-Options", "Cache-Control", "Referrer-Policy",
    )} == {
        "Content-Type": "image/jpeg",
        "Content-Disposition": f'inline; filename="{row.number}-{attachment.pk}.jpg"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
        "Referrer-Policy": "no-referrer",
    }  # fmt: skip


def test_label_is_saved_not_shown(client, row):
    pdf = b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF\n"
    wish = methods.WishedMethod("CARRIER_LABEL", label=attachments.Upload("x.html", pdf))
    label = methods.set_method(str(row.pk), STAFF, wish, now=timezone.now()).label

    answer = client.get(local(file_links.attachment_url(label, row, timezone.now())))

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{row.number}-{label.pk}.pdf"'


@pytest.mark.parametrize("path", [photo_path, slip_path])
def test_file_is_gone_when_its_address_is_old_or_changed(client, row, path):
    good = path(row)
    old = path(row, timezone.now() - timedelta(days=8))
    revoke_links(row.order.order_ref)

    assert client.get(old).status_code == 410
    assert client.get(good).status_code == 404
    assert client.get(good[:-3] + "x/").status_code == 404
    assert client.post(good).status_code == 404


def test_slip_is_a_page_with_a_code(client, row):
    words = text_of(client.get(slip_path(row)))

    assert "Return slip" in words
    assert row.number in words
    assert "Kettle &lt;b&gt;" in words
    assert "<svg" in words
    assert "style=" not in words


def test_slip_is_there_as_a_pdf(client, row):
    pytest.importorskip("typst")

    answer = client.get(slip_path(row) + "?format=pdf")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{row.number}.pdf"'
    assert answer.content.startswith(b"%PDF-")


def test_missing_pdf_is_said_plainly(client, row, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)

    answer = client.get(slip_path(row) + "?format=pdf")

    assert answer.status_code == 404
    assert "There is no PDF here" in text_of(answer)


def test_nothing_to_send_has_no_slip(client, row):
    path = slip_path(row)
    methods.set_method(str(row.pk), STAFF, methods.WishedMethod("KEEP_ITEM"), now=timezone.now())

    assert client.get(path).status_code == 404


# From the tracking page


def tracking_page(client, token):
    path = hooks.page_path(PLUGIN_ID, CHANNEL, f"track/{token}/")
    return path, text_of(client.get(path))


def test_tracking_page_leads_to_the_return_pages(client, order, row):
    token = factories.token_of(order)
    path, words = tracking_page(client, token)

    for rest, number in (("return/", ""), (f"return/{row.number}/", row.number)):
        assert f'href="{rest}?language=en"' in words
        answer = client.get(path + rest + "?language=pl")
        assert (answer.status_code, answer["Location"]) == (
            302,
            path_of(token, number) + "?language=pl",
        )


def test_tracking_page_leads_nowhere_else(client, order, other):
    foreign = ReturnRequest.objects.get(order__order_ref=str(other.pk)).number
    path, words = tracking_page(client, factories.token_of(order))

    assert foreign not in words
    assert client.get(f"{path}return/{foreign}/").status_code == 404
    assert client.get(f"{path}return/%0d%0aX:/").status_code == 404


def test_storefronts_own_page_comes_first(client, order):
    factories.activate(return_page_url="https://shop.example/r/{token}")
    token = factories.token_of(order)
    _path, words = tracking_page(client, token)

    assert f"https://shop.example/r/{token}" in words
    assert 'href="return/?' not in words


def test_every_ground_payer_and_method_has_words():
    codes = [f"basis.{basis.value}" for basis in bases.Basis]
    codes += [f"payer.{payer.value}" for payer in bases.Payer]
    codes += [f"method.{method}" for method in bases.METHODS]

    assert [code for code in codes if code not in texts.TEXTS] == []
