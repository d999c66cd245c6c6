"""``manage.py aftersale``: what a person can do by hand."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import expiry, resolution
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.tracking.models import OrderRecord
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories, gateway
from tests.factories import NOON, STAFF, nothing_changed
from tests.saleor.privacy import lives

pytestmark = pytest.mark.django_db


def run(*arguments):
    """What the command said."""
    said = StringIO()
    call_command("aftersale", *arguments, stdout=said)
    factories.commit()
    return said.getvalue()


@pytest.fixture
def waiting(mailbox):
    """A mail whose task never reached a worker."""
    factories.activate()
    factories.scan(factories.fulfill(factories.make_order()), ShipmentStatus.PICKED_UP)
    factories.connection.run_on_commit = []
    return OutboxMail.objects.get()


def test_sweep_sends_what_waits(waiting, mailbox):
    said = run("sweep")

    assert said == "mail 1 of 1\n1 mails were waiting.\n"
    assert len(mailbox) == 1
    assert OutboxMail.objects.get().state == "SENT"


def test_sweep_does_nothing_the_second_time(waiting, mailbox):
    run("sweep")

    assert run("sweep") == "0 mails were waiting.\n"
    assert len(mailbox) == 1


def test_sweep_goes_on_when_one_part_of_it_fails(waiting, mailbox, monkeypatch, caplog):
    def break_down(now):
        raise RuntimeError("no such table")

    monkeypatch.setattr(expiry, "expire_silent", break_down)

    run("sweep")

    assert len(mailbox) == 1
    failed = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert failed == [f"Part {break_down.__qualname__} of the sweep failed; the others go on."]


def test_sweep_frees_what_a_dead_worker_held(waiting, mailbox):
    past = timezone.now() - timedelta(seconds=1)
    OutboxMail.objects.update(state="SENDING", due_at=past)

    run("sweep")

    assert OutboxMail.objects.get().state == "SENT"


def test_sweep_finishes_a_refund_left_behind(mailbox):
    factories.activate()
    request = factories.inspected(factories.ask(factories.delivered_order()))
    resolution.resolve_return(str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=NOON)
    factories.connection.run_on_commit = []
    # On a machine whose clock stands before the tests' own day nothing would be overdue.
    request.refunds.update(created_at=timezone.now() - timedelta(minutes=2))

    run("sweep")

    assert ReturnRequest.objects.get().state == "COMPLETED"
    assert len(gateway.refunds) == 1


def test_sync_reads_orders_of_the_last_days():
    factories.activate()
    now = timezone.now()
    order = factories.make_order(placed_at=now)
    old = factories.make_order(placed_at=now - timedelta(days=31))

    first, second = run("sync"), run("sync", "--days", "40")

    assert (first, second) == ("1 orders read.\n", "2 orders read.\n")
    assert {row.order_ref for row in OrderRecord.objects.all()} == {str(order.pk), str(old.pk)}


@pytest.mark.parametrize("state", ["UNCONFIRMED", "DEAD"])
def test_resend_sends_a_mail_in_doubt(waiting, mailbox, state):
    OutboxMail.objects.update(state=state)

    said = run("resend", str(waiting.pk))

    assert said == f"Mail {waiting.pk} is queued again.\n"
    assert OutboxMail.objects.get().state == "SENT"
    assert len(mailbox) == 1


@pytest.mark.parametrize("state", ["QUEUED", "SENT", "SKIPPED"])
def test_resend_refuses_a_mail_nobody_doubts(waiting, mailbox, state):
    OutboxMail.objects.update(state=state)
    message = f"^Mail {waiting.pk} is neither given up nor in doubt.$"

    with nothing_changed(), pytest.raises(CommandError, match=message):
        run("resend", str(waiting.pk))


def test_command_asks_for_a_job():
    with pytest.raises(CommandError, match="JOB"):
        run()


# A person's data


@pytest.fixture
def anna(mailbox):
    factories.activate()
    return lives.live("anna@example.com", "anna")


def test_erase_only_tells_when_it_is_not_told_to_do_it(anna):
    with nothing_changed():
        said = run("erase", "ANNA@example.com")

    assert "1 feedback would be erased.\n" in said
    assert f"Kept: Return request {anna.number}, until 2032-06-01: " in said
    assert said.endswith("Nothing was changed. Do it with --yes.\n")


def test_erase_does_it_when_told_to_and_says_what_it_kept(anna):
    said = run("erase", "anna@example.com", "--yes")

    assert "1 feedback erased.\n" in said
    assert "anonymise them there first" in said
    assert "Nothing was changed" not in said
    assert set(OutboxMail.objects.values_list("to_email", flat=True)) == {""}
    again = run("erase", "anna@example.com", "--yes")
    assert again.startswith("There is nothing to erase.\nKept: Photos of ")


@pytest.mark.parametrize("job", ["erase", "export"])
def test_person_is_refused_when_that_is_no_address(anna, job):
    with nothing_changed(), pytest.raises(CommandError, match="'@' is no mail address."):
        run(job, "@")


def test_export_writes_a_persons_data_for_its_owner_only(anna, tmp_path):
    said = run("export", "anna@example.com", "--out", str(tmp_path))

    (path,) = tmp_path.iterdir()
    assert said == f"{path} written.\n"
    assert "anna" not in path.name
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(path.read_text(encoding="utf-8"))["return_requests"]) == 1


def test_export_gives_a_persons_data_to_the_next_program(anna):
    assert json.loads(run("export", "anna@example.com", "--stdout"))["email"] == "anna@example.com"
