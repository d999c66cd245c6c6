"""A statement of withdrawal: kept before all else, acknowledged until taken, then matched."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.followups import acknowledgement, sender
from saleor_aftersale.host import mail, orders
from saleor_aftersale.returns import withdrawal_matching as matching
from saleor_aftersale.returns import withdrawals
from saleor_aftersale.returns.actions import InvalidInput
from saleor_aftersale.returns.models import ReturnRequest, WithdrawalStatement
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.returns.withdrawal_rules import MAX_MATCH_ATTEMPTS, Proof
from saleor_aftersale.returns.withdrawals import Declaration, StatedLine, declare
from saleor_aftersale.tracking.models import OrderRecord
from saleor_aftersale.values import NotFound, Requester, Role
from tests import factories
from tests.factories import CHANNEL, IS_3, STAFF

pytestmark = pytest.mark.django_db

EMAIL = "boris@example.com"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def order(now, mailbox):
    """Two kettles, delivered yesterday, their mails sent."""
    factories.activate()
    made = factories.delivered_order(now - timedelta(days=1), lines={"Kettle": 2})
    factories.commit()
    mailbox.clear()
    return made


def number_of(order):
    return factories.host_order(order).number


def typed(contract, **more):
    """What a guest types."""
    said = Declaration(
        channel=CHANNEL, language="en", name="Boris Ivanov", contract=contract, email=EMAIL
    )
    return replace(said, **more)


def declared(said, at):
    """The statement after everything that follows it."""
    row = declare(said, at)
    factories.commit()
    return WithdrawalStatement.objects.get(pk=row.pk)


def standing(row):
    """State, reason and order, as staff see them."""
    row.refresh_from_db()
    return row.state, row.reason_code, row.order_ref


# Kept


def test_statement_is_kept_as_it_was_said(order, now):
    row = declared(typed("order 7 or so, красный чайник 🫖", name="Борис «Łódź»"), now)

    assert row.name == "Борис «Łódź»"
    assert row.contract == "order 7 or so, красный чайник 🫖"
    assert row.email == EMAIL
    assert row.sentence == "I withdraw from the contract: order 7 or so, красный чайник 🫖."
    assert (row.lines, row.stated_at, row.came_by, row.proof) == ([], now, "PAGE", "NONE")


def test_reference_names_the_year_and_cannot_be_counted_up(order, now):
    references = [declared(typed("x"), now).reference for _ in range(3)]

    tails = {reference.rpartition(f"W-{now.year}-")[2] for reference in references}
    assert [len(tail) for tail in tails] == [9, 9, 9]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"contract": ""}, "contract", "REQUIRED"),
        ({"email": ""}, "email", "REQUIRED"),
        ({"name": "x" * 201}, "name", "TOO_LONG"),
        ({"contract": "x" * 1001}, "contract", "TOO_LONG"),
        ({"email": "a@" + "b" * 250 + ".example"}, "email", "TOO_LONG"),
        ({"email": "boris"}, "email", "INVALID"),
        ({"email": "boris@example"}, "email", "INVALID"),
        ({"email": "b@example.com\nBcc: eve@example.com"}, "email", "INVALID"),
        ({"email": "a@example.com,b@example.com"}, "email", "INVALID"),
        ({"lines": (StatedLine("1", 0),)}, "lines", "INVALID"),
        ({"lines": (StatedLine("1", 1), StatedLine("1", 2))}, "lines", "DUPLICATED"),
        ({"key": "k" * 65}, "key", "TOO_LONG"),
    ],
)
def test_statement_is_refused_and_not_kept(order, now, mailbox, change, field, code):
    with pytest.raises(InvalidInput) as fault:
        declare(replace(typed("x"), **change), now)
    factories.commit()

    assert (fault.value.field, fault.value.code) == (field, code)
    assert not WithdrawalStatement.objects.exists()
    assert mailbox == []


def test_mailbox_in_any_alphabet_is_taken(order, now):
    row = declared(typed("x", email="борис@пример.бг"), now)

    assert row.email == "борис@пример.бг"


def test_same_statement_with_same_key_is_kept_once(order, now, mailbox):
    said = typed("x", key="k")

    first = declared(said, now)
    second = declared(said, now + timedelta(minutes=1))

    assert second.reference == first.reference
    assert WithdrawalStatement.objects.count() == 1
    assert len(mailbox) == 1


@pytest.mark.parametrize("change", [{"contract": "y"}, {"key": "another"}, {"key": ""}])
def test_another_statement_is_kept_too_when_key_or_words_differ(order, now, change):
    declared(typed("x", key="k"), now)

    declared(replace(typed("x", key="k"), **change), now)

    assert WithdrawalStatement.objects.count() == 2


# Nothing that fails later undoes it


def _fail(*_args, **_more):
    raise DatabaseError("no such table")


def follow_up(at):
    """What the sweep leads to at that moment."""
    for statement_id in withdrawals.waiting_statements(at):
        acknowledgement.acknowledge(statement_id, at)
        matching.match_statement(statement_id, at)
    factories.commit()


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (withdrawals, "publish"),
        (withdrawals, "_flood_pause"),
        (matching, "keep_order"),
        (matching, "submit_return"),
        (matching.queries, "decisions"),
        (orders, "load_orders"),
        (orders, "find_order"),
    ],
)
def test_statement_stands_and_is_caught_up_when_something_else_fails(
    order, now, mailbox, monkeypatch, where, name
):
    said = typed(number_of(order))

    with monkeypatch.context() as patch:
        patch.setattr(where, name, _fail)
        row = declared(said, now)
        if where is not withdrawals:
            assert row.acknowledged_at is not None
    assert standing(row) == ("RECEIVED", "", "")

    follow_up(now + timedelta(hours=1))

    row.refresh_from_db()
    assert standing(row) == ("MATCHED", "", str(order.pk))
    assert row.acknowledged_at is not None
    assert [row.reference in message.subject for message in mailbox].count(True) == 1


def test_statement_becomes_staff_work_when_matching_fails_again_and_again(order, now, monkeypatch):
    monkeypatch.setattr(matching, "keep_order", _fail)
    row = declared(typed(number_of(order)), now)

    for day in range(1, MAX_MATCH_ATTEMPTS):
        assert standing(row) == ("RECEIVED", "", "")
        matching.match_statement(row.pk, now + timedelta(days=day))

    assert standing(row) == ("NEEDS_MATCHING", "MATCHING_FAILED", "")
    assert withdrawals.waiting_statements(now + timedelta(days=99)) == []
    assert not ReturnRequest.objects.exists()


def test_statement_is_kept_when_plugin_was_never_set_up_for_mail(order, now, monkeypatch):
    def unset(channel):
        raise mail.MailNotConfigured("Set USER_EMAIL_URL.")

    monkeypatch.setattr(mail, "account", unset)

    row = declared(typed(number_of(order)), now)

    assert (row.state, row.acknowledged_at) == ("MATCHED", None)
    assert "Set USER_EMAIL_URL." in row.ack_error


# Matched


@pytest.mark.parametrize("words", ["{}", "order {}", "№{}, чайник", "my order: {} from May 5"])
def test_request_is_made_as_of_the_statement_when_number_and_mailbox_fit(order, now, words):
    row = declared(typed(words.format(number_of(order)), email="Boris@Example.com"), now)

    request = ReturnRequest.objects.get()
    line = request.lines.get()
    assert standing(row) == ("MATCHED", "", str(order.pk))
    assert (row.return_request_id, request.submitted_at) == (request.pk, now)
    assert (line.basis, line.quantity, request.state) == ("WITHDRAWAL", 2, "SUBMITTED")


def test_request_has_the_chosen_pieces_only(order, now):
    ref = str(order.lines.get().pk)

    declared(typed(number_of(order), lines=(StatedLine(ref, 1, "Kettle"),)), now)

    assert list(ReturnRequest.objects.values_list("lines__quantity", flat=True)) == [1]


@pytest.mark.parametrize(
    ("contract", "email"),
    [
        ("the red kettle", EMAIL),
        ("999999", EMAIL),
        ("{number}", "eve@example.com"),
        ("{number}{number}{number}{number}{number}{number}{number}{number}{number}9", EMAIL),
    ],
)
def test_staff_have_to_find_the_order_when_number_or_mailbox_does_not_fit(
    order, now, mailbox, contract, email
):
    row = declared(typed(contract.format(number=number_of(order)), email=email), now)

    assert standing(row) == ("NEEDS_MATCHING", "ORDER_NOT_FOUND", "")
    assert not ReturnRequest.objects.exists()
    assert [message.to for message in mailbox] == [[email]]


def test_staff_have_to_find_the_order_when_two_fit(order, now):
    other = factories.delivered_order(now - timedelta(days=1))

    row = declared(typed(f"{number_of(order)} or {number_of(other)}"), now)

    assert standing(row) == ("NEEDS_MATCHING", "ORDER_NOT_FOUND", "")


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_staff_have_to_find_the_order_when_it_is_of_another_channel(order, now):
    factories.activate(channel="other")

    row = declared(typed(number_of(order), channel="other"), now)

    assert standing(row) == ("NEEDS_MATCHING", "ORDER_NOT_FOUND", "")


def test_staff_decide_when_the_period_is_over(now, mailbox):
    factories.activate()
    order = factories.delivered_order(now - timedelta(days=40))

    row = declared(typed(number_of(order)), now)

    assert standing(row) == ("NEEDS_DECISION", "PERIOD_EXPIRED", str(order.pk))
    assert not ReturnRequest.objects.exists()
    assert row.acknowledged_at is not None


def test_statement_is_in_time_when_it_is_matched_after_the_period(order, now):
    row = declare(typed(number_of(order)), now)
    factories.connection.run_on_commit = []

    matching.match_statement(row.pk, now + timedelta(days=40))

    assert standing(row) == ("MATCHED", "", str(order.pk))
    assert ReturnRequest.objects.get().submitted_at == now


def test_statement_is_taken_when_nothing_is_sent_yet(now, mailbox):
    factories.activate()
    order = factories.make_order()

    row = declared(typed(number_of(order)), now)

    assert row.order_ref == str(order.pk)
    assert (row.state, row.reason_code) == ("MATCHED", "")
    assert row.acknowledged_at is not None


def test_staff_decide_on_the_rest_when_part_is_returned_already(order, now):
    factories.ask(order, 1, now=now)

    row = declared(typed(number_of(order)), now)

    assert standing(row) == ("NEEDS_DECISION", "QUANTITY_EXCEEDED", str(order.pk))
    assert list(row.return_request.lines.values_list("quantity", flat=True)) == [1]


def test_foreign_line_is_staff_work_and_leaves_its_order_alone(order, now):
    other = factories.delivered_order(now - timedelta(days=1), email="anna@example.com")
    ref = str(other.lines.get().pk)

    row = declared(typed(number_of(order), lines=(StatedLine(ref, 1),)), now)

    assert standing(row) == ("NEEDS_DECISION", "NOT_OUR_ORDER", str(order.pk))
    assert not ReturnRequest.objects.exists()


def test_request_is_made_once_when_matching_runs_twice(order, now):
    row = declared(typed(number_of(order)), now)
    WithdrawalStatement.objects.update(match_due_at=now, return_request=None, state="RECEIVED")

    matching.match_statement(row.pk, now + timedelta(minutes=1))

    assert ReturnRequest.objects.count() == 1


def test_statement_is_left_to_the_worker_that_has_it(order, now, monkeypatch):
    monkeypatch.setattr(matching, "_match", lambda taken: None)
    row = declared(typed(number_of(order)), now)
    monkeypatch.undo()

    matching.match_statement(row.pk, now + timedelta(minutes=4))

    assert standing(row) == ("RECEIVED", "", "")


# By hand


def test_staff_match_a_statement_as_of_when_it_was_made(order, now):
    row = declared(typed("the red kettle"), now)

    matching.match_by_hand(row.pk, factories.host_order(order), STAFF)

    row.refresh_from_db()
    assert standing(row) == ("MATCHED", "", str(order.pk))
    assert row.handled_by == "clerk@example.com"
    assert ReturnRequest.objects.get().submitted_at == now


def test_staff_cannot_match_a_statement_twice(order, now):
    row = declared(typed(number_of(order)), now)

    with pytest.raises(TransitionNotAllowed):
        matching.match_by_hand(row.pk, factories.host_order(order), STAFF)

    assert ReturnRequest.objects.count() == 1


def test_closed_statement_is_kept_and_cannot_be_matched(order, now):
    row = declared(typed("the red kettle"), now)

    matching.close_statement(row.pk, STAFF, code="PERIOD_EXPIRED", note="Bought in 2019.")

    assert standing(row) == ("CLOSED", "PERIOD_EXPIRED", "")
    with pytest.raises(TransitionNotAllowed):
        matching.match_by_hand(row.pk, factories.host_order(order), STAFF)
    with pytest.raises(TransitionNotAllowed):
        matching.close_statement(row.pk, STAFF, code="SPAM")


@pytest.mark.parametrize("code", ["", "FINAL_SALE_GOODWILL_ONLY", "I_DO_NOT_LIKE_IT"])
def test_statement_is_not_closed_with_an_unlawful_code(order, now, code):
    row = declared(typed("the red kettle"), now)

    with pytest.raises(InvalidInput):
        matching.close_statement(row.pk, STAFF, code=code)

    assert standing(row) == ("NEEDS_MATCHING", "ORDER_NOT_FOUND", "")


def test_statement_that_is_not_there_is_not_found(order):
    with pytest.raises(NotFound):
        matching.match_by_hand(1, factories.host_order(order), STAFF)


def test_decision_of_staff_stands_when_a_worker_fails_after_it(order, now, monkeypatch):
    row = declare(typed(number_of(order)), now)
    factories.connection.run_on_commit = []

    put_back = matching._put_back

    def closed_meanwhile(statement_id, at):
        matching.close_statement(statement_id, STAFF, code="DUPLICATE")
        put_back(statement_id, at)

    monkeypatch.setattr(matching, "_match", _fail)
    monkeypatch.setattr(matching, "_put_back", closed_meanwhile)
    matching.match_statement(row.pk, now)

    assert standing(row) == ("CLOSED", "DUPLICATE", "")


# Acknowledged


def test_acknowledgement_says_everything(order, now, mailbox):
    ref = str(order.lines.get().pk)
    said = typed(
        "the red <b>kettle</b>",
        name="Boris\tIvanov <x@y.example>",
        lines=(StatedLine(ref, 1, "Kettle"),),
    )

    row = declared(said, now)

    (message,) = mailbox
    html = message.alternatives[0][0]
    assert message.to == [EMAIL]
    assert message.subject == f"We received your withdrawal {row.reference}"
    for words in (
        row.reference,
        "I withdraw from the contract the red <b>kettle</b> for the goods listed here.",
        "- 1 × Kettle",
        "Boris\tIvanov <x@y.example>",
        "UTC",
        "withdraw/form/",
    ):
        assert words in message.body
    assert "<b>kettle" not in html
    assert "the red &lt;b&gt;kettle&lt;/b&gt;" in html
    assert row.reference in html


@pytest.mark.parametrize("language", ["en", "pl", "bg", "ru"])
def test_acknowledgement_is_in_the_language_of_the_statement(order, now, mailbox, language):
    declared(typed("x", language=language), now)

    assert f'lang="{language}"' in mailbox[0].alternatives[0][0]


def test_acknowledgement_goes_out_when_merchant_sends_no_mails(order, now, mailbox):
    factories.activate(enabled_mails="")

    row = declared(typed("x"), now)

    assert row.acknowledged_at is not None
    assert len(mailbox) == 1


def test_acknowledgement_is_tried_until_the_server_takes_it(order, now, mailbox, monkeypatch):
    faults = [
        sender.MailFault("down", is_permanent=False),
        sender.MailFault("refused", is_permanent=True),
        sender.MailFault("hung up", is_permanent=False, is_doubtful=True),
    ]
    deliver = sender.deliver

    def try_to(*args, **more):
        if faults:
            raise faults.pop(0)
        deliver(*args, **more)

    monkeypatch.setattr(sender, "deliver", try_to)
    row = declared(typed("x"), now)
    tried = [row.ack_error]
    for minutes in (2, 6, 15):
        acknowledgement.acknowledge(row.pk, now + timedelta(minutes=minutes))
        row.refresh_from_db()
        tried.append(row.ack_error)

    assert [error[:20] for error in tried] == [
        "MailFault('down')",
        "MailFault('refused')",
        "MailFault('hung up')",
        "",
    ]
    assert (row.acknowledged_at is not None, row.ack_attempts, row.ack_due_at) == (True, 4, None)
    assert len(mailbox) == 1


def test_acknowledgement_is_not_sent_again_when_task_runs_again(order, now, mailbox):
    row = declared(typed("x"), now)

    acknowledgement.acknowledge(row.pk, now + timedelta(days=1))

    assert len(mailbox) == 1


def test_staff_are_alarmed_once_when_acknowledgement_is_missing_for_an_hour(
    order, now, caplog, monkeypatch
):
    monkeypatch.setattr(sender, "deliver", _fail)
    row = declared(typed("x"), now)
    acknowledgement.alarm_unacknowledged(now + timedelta(minutes=59))
    assert "after an hour" not in caplog.text

    for _again in range(2):
        acknowledgement.alarm_unacknowledged(now + timedelta(minutes=61))

    assert caplog.text.count(f"Withdrawal {row.reference} is not acknowledged") == 3 - 1
    assert caplog.text.count("after an hour") == 1


def test_nobody_is_alarmed_when_statement_is_acknowledged(order, now, caplog):
    declared(typed("x"), now)

    acknowledgement.alarm_unacknowledged(now + timedelta(days=1))

    assert "after an hour" not in caplog.text


# Floods


def test_flood_of_a_mailbox_only_delays_what_follows(order, now, mailbox):
    rows = [declared(typed(str(index)), now) for index in range(6)]

    assert [row.acknowledged_at is not None for row in rows] == [True] * 5 + [False]
    assert rows[-1].state == "RECEIVED"

    follow_up(now + timedelta(minutes=61))

    assert len(mailbox) == 6
    assert standing(rows[-1])[0] == "NEEDS_MATCHING"


def test_flood_from_an_address_only_delays_what_follows(order, now, mailbox):
    for index in range(withdrawals.TRIES_PER_ADDRESS + 1):
        declare(typed("x", email=f"a{index}@example.com"), now, address="192.0.2.1")
    factories.commit()
    late = WithdrawalStatement.objects.filter(acknowledged_at=None)
    assert late.count() == 1

    follow_up(now + timedelta(minutes=61))

    assert late.count() == 0


def test_proven_order_needs_neither_number_nor_mailbox(order, now):
    said = typed("my kettle", email="other@example.com")
    guest = Requester(Role.GUEST, label=EMAIL)

    row = declared(said.proven(factories.host_order(order), guest, Proof.LINK), now)

    assert standing(row) == ("MATCHED", "", str(order.pk))


def test_sweep_finds_what_was_not_followed_up(order, now, mailbox):
    row = declare(typed(number_of(order)), now - timedelta(minutes=5))
    factories.connection.run_on_commit = []

    tasks.sweep()
    factories.commit()

    assert standing(row) == ("MATCHED", "", str(order.pk))
    assert OrderRecord.objects.get().order_ref == str(order.pk)
    assert any(row.reference in message.subject for message in mailbox)
