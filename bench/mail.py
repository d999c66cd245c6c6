"""One worker's outbox against Saleor's own way and a bare smtplib loop; claims that don't grow."""

from __future__ import annotations

import gc
import os
import resource
import smtplib
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Callable, Iterator, List

from django.core.mail.backends.smtp import EmailBackend
from django.db import connection, connections
from django.utils import timezone

from bench.measure import Claim, ratio_in_turns
from saleor_aftersale.config import settings_of
from saleor_aftersale.followups import claiming, delivery, sender
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.followups.schedule import MailState
from saleor_aftersale.host import db, mail
from saleor_aftersale.tracking.models import OrderRecord
from tests import factories
from tests.factories import CHANNEL

MAILS = 1_000

#: Enough for two workers to take turns at batches.
SHARED_MAILS = 3_000

#: Mails Saleor's way, which compiles its template for each.
THEIR_MAILS = 20

FEW_WAITING = 10_000
MANY_WAITING = 1_000_000

FEW_SENT = 1_000
MANY_SENT = 20_000

_CONTEXT = {
    "carrier": "DPD",
    "tracking_number": "13419997000451",
    "tracking_url": "https://example.com/parcel/13419997000451",
    "promised_at": None,
    "lines": [{"product_name": "Kettle", "quantity": 2}, {"product_name": "Mug", "quantity": 4}],
}


@contextmanager
def _mail_server() -> Iterator[int]:
    """A mail server in a process of its own; gives its port and has the shop use it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.smtp_server"],
        stdout=subprocess.PIPE,
        cwd=str(Path(__file__).parent.parent),
        text=True,
    )
    account = mail.account
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        made = ("Example", "shop@example.com", lambda: _backend(port))
        mail.account = lambda channel: made
        yield port
    finally:
        mail.account = account
        process.kill()
        process.wait()


def _backend(port: int) -> EmailBackend:
    return EmailBackend(
        host="127.0.0.1",
        port=port,
        username="",
        password="",
        use_tls=False,
        use_ssl=False,
        timeout=10,
    )


@lru_cache(maxsize=None)
def _record() -> OrderRecord:
    factories.activate()
    with db.allow_writer():
        return factories.keep(factories.make_order(paid=False))


def _fill(count: int, *, waits: timedelta = timedelta(0)) -> None:
    """An outbox of that many mails and nothing else, due now or later."""
    record, due_at = _record(), timezone.now() + waits
    with db.allow_writer():
        _empty()
        for start in range(0, count, 10_000):
            OutboxMail.objects.bulk_create(
                OutboxMail(
                    subject_ref=f"shipment:{number}",
                    key="shipment.sent",
                    language="en",
                    order=record,
                    to_email="boris@example.com",
                    context=_CONTEXT,
                    state=MailState.QUEUED.value,
                    due_at=due_at + timedelta(milliseconds=number),
                    message_id=f"<{number}@saleor-aftersale>",
                    created_at=due_at,
                )
                for number in range(start, min(count, start + 10_000))
            )
    gc.collect()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {OutboxMail._meta.db_table} CASCADE")


def _send_all() -> None:
    """What one worker's tasks do with everything that waits."""
    with db.allow_writer():
        while True:
            now = timezone.now() + timedelta(days=1)
            waiting = claiming.due_mails(now, limit=1)
            if not waiting:
                return
            delivery.deliver_mail(waiting[0], now)


def _assert_sent(count: int) -> None:
    with db.allow_writer():
        sent = OutboxMail.objects.filter(state=MailState.SENT.value).count()
    assert sent == count, sent


def _ready_made(count: int) -> List[bytes]:
    """The same mails, composed beforehand."""
    _fill(count)
    settings = settings_of(CHANNEL)
    with db.allow_writer():
        account = sender.account_of(CHANNEL, settings)
        rows = OutboxMail.objects.select_related("order").order_by("pk")
        shop = sender.shop_of(CHANNEL, settings, account.shop_name)
        messages = [sender.compose(row, shop, account) for row in rows]
    return [message.for_django().message().as_bytes(linesep="\r\n") for message in messages]


def bare_ratio() -> float:
    """Time for each mail from outbox to server over handing over ready-made messages."""
    with _mail_server() as port:
        messages = _ready_made(MAILS)

        def loop() -> None:
            with smtplib.SMTP("127.0.0.1", port) as smtp:
                for message in messages:
                    smtp.sendmail("shop@example.com", ["boris@example.com"], message)

        ratio = ratio_in_turns(
            _send_all, loop, rounds=5, before_ours=lambda: _fill(MAILS), before_theirs=gc.collect
        )
        _fill(MAILS)
        _send_all()
        _assert_sent(MAILS)
    return ratio


def their_ratio() -> float:
    """
    Time for each mail over that of Saleor 3.x's ``send_email`` with the same words.

    Saleor 2.10.1 has no such function, and its way of compiling MJML isn't measured.
    """
    with _mail_server() as port:
        theirs = _their_way(port)
        ratio = ratio_in_turns(
            _send_all,
            lambda: [theirs() for _ in range(THEIR_MAILS)],
            rounds=5,
            before_ours=lambda: _fill(MAILS),
        )
    return ratio * THEIR_MAILS / MAILS


def _their_way(port: int) -> Callable[[], None]:
    from saleor.plugins import email_common  # noqa: PLC0415 -- of Saleor 3.x only

    (html,) = _html_of_ours()
    config = email_common.EmailConfig(
        host="127.0.0.1",
        port=str(port),
        username="",
        password="",
        sender_name="Example",
        sender_address="shop@example.com",
        use_tls=False,
        use_ssl=False,
    )
    subject = "Your order {{order.number}} is on its way"
    context = {"order": {"number": _record().number}}
    return lambda: email_common.send_email(config, ["boris@example.com"], context, subject, html)


def _html_of_ours() -> List[str]:
    """Our mail with its values in place, as the source of a template."""
    _fill(1)
    settings = settings_of(CHANNEL)
    with db.allow_writer():
        row = OutboxMail.objects.select_related("order").get()
        context = sender.full_context(row, sender.shop_of(CHANNEL, settings, "Example"))
    return [sender.render(row.key, context, "en").html]


def two_workers_ratio() -> float:
    """Time of two workers for the same mails over that of one; a machine with two cores."""
    with _mail_server():
        ratio = ratio_in_turns(
            lambda: _send_by(2),
            lambda: _send_by(1),
            rounds=5,
            before_ours=lambda: _fill(SHARED_MAILS),
            before_theirs=lambda: _fill(SHARED_MAILS),
        )
        _assert_sent(SHARED_MAILS)
    return ratio


def _send_by(workers: int) -> None:
    """Send what waits by so many processes at once, each with a database connection of its own."""
    connections.close_all()
    children = [_forked() for _ in range(workers)]
    codes = [os.waitpid(child, 0)[1] for child in children]
    assert codes == [0] * workers, codes


def _forked() -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        _send_all()
        code = 0
    finally:
        # Nothing of the parent's may be ended here.
        os._exit(code)


def claim_ratio() -> float:
    """Time to claim a batch of a queue of a million over that of ten thousand."""
    return _claim_seconds(MANY_WAITING) / _claim_seconds(FEW_WAITING)


def _claim_seconds(waiting: int) -> float:
    _fill(waiting)
    with db.allow_writer(), connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {OutboxMail._meta.db_table}")
    seconds = []
    now = timezone.now() + timedelta(days=1)
    for _ in range(40):
        with db.allow_writer():
            started = time.perf_counter()
            claim = claiming.claim_mails(now)
            seconds.append(time.perf_counter() - started)
            assert len(claim.mails) == claiming.BATCH_SIZE
    return statistics.median(seconds)


def memory_ratio() -> float:
    """Most memory of a worker after 20 000 mails over that after 1 000."""
    with _mail_server():
        _fill(FEW_SENT)
        _send_all()
        few = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range((MANY_SENT - FEW_SENT) // FEW_SENT):
            _fill(FEW_SENT)
            _send_all()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / few


CLAIMS = [
    Claim("mail from outbox to server over a ready-made one", 2.5, bare_ratio),
    Claim("claim of 100 among 1 000 000 mails over among 10 000", 1.3, claim_ratio),
    Claim("two workers' time for the same mails over one's", 1 / 1.6, two_workers_ratio),
    Claim("memory after 20 000 mails over after 1 000", 1.1, memory_ratio),
]
if find_spec("saleor.plugins.email_common"):
    CLAIMS.append(Claim("mail from outbox to server over Saleor's own", 1 / 50, their_ratio))
