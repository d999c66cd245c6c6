"""
`make mail-faults`: worker processes are killed at random while mails go out.

Every mail must reach the mail server exactly once, or be UNCONFIRMED: its worker died between
the server's yes and the note of it. Prints the counts; ends with 1 if one doesn't hold.
Arguments: mails, kills.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import List

LEASE_SECONDS = 15
PROCESSES = 4

os.environ["AFTERSALE_LEASE_SETTINGS"] = os.environ["DJANGO_SETTINGS_MODULE"]
os.environ["AFTERSALE_LEASE_SECONDS"] = str(LEASE_SECONDS)
os.environ["DJANGO_SETTINGS_MODULE"] = "short_lease"
os.environ["PYTHONPATH"] += ":" + str(Path(__file__).parent)
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import django  # noqa: E402 -- after the settings are chosen

django.setup()

from django.db import transaction  # noqa: E402 -- after set-up
from django.utils import timezone  # noqa: E402

from saleor_aftersale.events import MailQueued, publish  # noqa: E402
from saleor_aftersale.followups import actions, claiming  # noqa: E402
from saleor_aftersale.followups.catalogue import Draft  # noqa: E402
from saleor_aftersale.followups.models import OutboxMail  # noqa: E402
from saleor_aftersale.host import db  # noqa: E402
from saleor_aftersale.tracking.models import OrderRecord  # noqa: E402
from tests import factories  # noqa: E402
from tests.smtp_server import SmtpServer, smtp_server  # noqa: E402

_CONTEXT = {"carrier": "DPD", "tracking_number": "1", "tracking_url": "", "lines": []}


def main(mails: int, kills: int) -> int:
    """Queue, kill, sweep, until nothing waits; gives 1 when a mail is lost or doubled."""
    factories.activate()
    with db.allow_writer():
        record = factories.keep(factories.make_order(paid=False))
    with smtp_server() as server:
        server.delay = 0.02
        worker = _start_workers(server.port)
        try:
            _kill_while_queueing(worker.pid, record, mails, kills)
            _finish()
        finally:
            worker.terminate()
            worker.wait()
        return _verdict(server, kills)


def _start_workers(port: int) -> subprocess.Popen:
    url = f"smtp://127.0.0.1:{port}"
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "saleor.celeryconf:app"]
    options = ["worker", "-c", str(PROCESSES), "-l", "critical"]
    worker = subprocess.Popen(
        [*command, *options, "--without-gossip", "--without-mingle"],
        env={**os.environ, "EMAIL_URL": url, "USER_EMAIL_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(_children(worker.pid)) < PROCESSES:
        assert worker.poll() is None, "The workers don't start."
        time.sleep(0.5)
    return worker


def _children(pid: int) -> List[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@db.allow_writer()
def _queue(record: OrderRecord, first: int, count: int) -> None:
    for number in range(first, first + count):
        with transaction.atomic():
            draft = Draft(f"shipment:{number}", record.order_ref, _CONTEXT)
            actions.queue_mail("shipment.sent", draft)


def _kill_while_queueing(pid: int, record: OrderRecord, mails: int, kills: int) -> None:
    """Kill a random process of the worker again and again, at random moments."""
    queued, swept_at = 0, 0.0
    for done in range(1, kills + 1):
        upto = mails * done // kills
        _queue(record, queued, upto - queued)
        queued = upto
        time.sleep(random.uniform(0.0, 0.5))
        if time.monotonic() - swept_at > 2:
            _sweep()
            swept_at = time.monotonic()
        while len(_children(pid)) < PROCESSES:
            time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.kill(random.choice(_children(pid)), signal.SIGKILL)


@db.allow_writer()
def _sweep() -> int:
    """The sweep's part about mails; gives how many are unfinished."""
    now = timezone.now()
    claiming.free_expired_leases(now)
    for mail_id in claiming.tasks_due(now):
        publish(MailQueued(mail_id))
    return OutboxMail.objects.filter(state__in=["QUEUED", "SENDING"]).count()


def _finish() -> None:
    deadline = time.monotonic() + 600
    print(f"unfinished at last kill   {_sweep()}", flush=True)
    while _sweep():
        assert time.monotonic() < deadline, "Mails still wait after ten minutes."
        time.sleep(2)


@db.allow_writer()
def _verdict(server: SmtpServer, kills: int) -> int:
    received = Counter(
        re.search(rb"(?im)^message-id: *(\S+)", message).group(1).decode()
        for message in server.messages
    )
    states = dict(OutboxMail.objects.values_list("message_id", "state"))
    lost = [key for key, state in states.items() if state == "SENT" and not received[key]]
    doubled = [key for key, times in received.items() if times > 1]
    unmarked = [key for key in received if states[key] == "UNCONFIRMED"]
    print(f"mails queued              {len(states)}")
    print(f"worker processes killed   {kills}")
    print(f"received exactly once     {sum(times == 1 for times in received.values())}")
    print(f"noted as                  {dict(Counter(states.values()))}")
    print(f"accepted but unmarked     {len(unmarked)}   (UNCONFIRMED, the server has it)")
    again = OutboxMail.objects.filter(attempts__gt=1).count()
    print(f"taken up again            {again}")
    doubtful = sum(state == "UNCONFIRMED" for state in states.values())
    print(f"handed over, not accepted {doubtful - len(unmarked)}   (UNCONFIRMED)")
    print(f"lost                      {len(lost)}")
    print(f"received more than once   {len(doubled)}")
    others = set(states.values()) - {"SENT", "UNCONFIRMED"}
    return 1 if lost or doubled or others else 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:] or ("2000", "200"))))
