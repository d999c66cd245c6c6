"""What goes wrong on purpose: no mail server, the plugin switched off."""

from __future__ import annotations

from typing import Callable

from .people import BORIS, PLUGIN_ID
from .returning import APPROVE, codes
from .stage import Stage

#: A failed mail is tried again a minute later; the story sets its clock instead of waiting.
SWEEP = """
from django.core.management import call_command
from django.utils import timezone
from saleor_aftersale.followups.models import OutboxMail
waiting = OutboxMail.objects.filter(state="QUEUED", attempts__gt=0, to_email={!r})
for mail in waiting:
    print("WAITING", mail.key, "after", mail.attempts, "try:", mail.detail)
waiting.update(due_at=timezone.now())
call_command("aftersale", "sweep")
"""


def with_mail_server_down(stage: Stage, play: Callable[[], None]) -> None:
    """Play something that makes a mail due; afterwards a sweep sends it, once."""
    teller, mailbox = stage.teller, stage.shop.mailbox
    tried = _mails_tried(stage)
    mailbox.stop()
    teller.say("The mail server goes down.")
    play()
    teller.wait("The worker tries to send the mail", lambda: _mails_tried(stage) > tried, True)
    teller.check("No mail came", 0, stage.post.unread(BORIS))
    mailbox.start()
    teller.say("The mail server is up again. `manage.py aftersale sweep`, as the beat does:")
    with stage.shop.progress.step("Sweeping"):
        said = stage.saleor.run(SWEEP.format(BORIS.email)).splitlines()
    for line in said:
        teller.say("  " + line)
    waiting = [line.split()[1] for line in said if line.startswith("WAITING")]
    teller.check("The mail had waited", ["shipment.delivered"], waiting)
    teller.check("It came once", 1, stage.post.unread(BORIS))


def _mails_tried(stage: Stage) -> int:
    log = (stage.shop.logs / "worker.log").read_text(errors="replace")
    tasks = (line for line in log.splitlines() if "saleor_aftersale.tasks.send_mail[" in line)
    return sum(" succeeded in " in line for line in tasks)


def switch_off(stage: Stage) -> None:
    """Without the plugin the shop works as before, and nothing is lost."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("The plugin is switched off, and on again")
    teller.check("Switched off", [], saleor.set_plugin(PLUGIN_ID, {}, active=False))
    mine = stage.mine()
    shown = (mine["timeline"], mine["returnOptions"], mine["returnRequests"])
    teller.check("Its fields answer null, without an error", (None, None, None), shown)
    refused = saleor.staff.attempt(APPROVE, id=stage.request["id"])
    teller.check(
        "Its mutations say why they do nothing", [(None, "PLUGIN_INACTIVE")], codes(refused)
    )
    teller.check("Switched on again", [], saleor.set_plugin(PLUGIN_ID, {}))
    teller.check("All is there again", 100, stage.timeline()["progress"])
