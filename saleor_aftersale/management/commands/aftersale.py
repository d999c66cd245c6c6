"""``manage.py aftersale``: by hand what a beat, a broker or a person would do."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ... import tasks
from ...consents import mailboxes
from ...followups import claiming, delivery, outbox
from ...host import db, orders
from ...privacy import erasure
from ...privacy import export as personal_export
from ...returns.export import NotAFile, check_file, file_of, page_of
from ...returns.history import first_broken
from ...returns.models import ReturnRequest
from ...tracking import polling, pushes, reading, watching
from ...tracking.actions import sync_order
from ...tracking.carriers.registry import PROVIDERS
from ...tracking.models import CarrierPush
from ...tracking.push_states import PATIENCE, PushState
from ...tracking.retrack import Tally, queue_again, retrack
from ...webhooks.actions import prune_deliveries


def _for_its_owner(path: str, flags: int) -> int:
    """Opens a file that nobody else on the machine may read."""
    return os.open(path, flags, 0o600)


class Command(BaseCommand):
    """One command with a sub-command per job; each may be run at any time, also twice."""

    help = "After-sales jobs: sweep, sync, poll, watch, resend, verify, retrack, replay, prune."

    def add_arguments(self, parser: ArgumentParser) -> None:
        jobs = parser.add_subparsers(dest="job", metavar="JOB")
        jobs.required = True
        jobs.add_parser("sweep", help="Send waiting mails and finish refunds left behind.")
        sync = jobs.add_parser("sync", help="Read orders from the shop again.")
        sync.add_argument("--days", type=int, default=30, help="Placed in the last days.")
        jobs.add_parser("poll", help="Ask carriers about the parcels that are due.")
        jobs.add_parser("watch", help="Have every parcel under way looked at by the next sweeps.")
        resend = jobs.add_parser("resend", help="Send a mail that was given up or is in doubt.")
        resend.add_argument("mail", type=int, help="Number of the outbox row.")
        verify = jobs.add_parser("verify", help="Check that histories were not changed.")
        verify.add_argument("number", nargs="?", help="One return request; left out: all.")
        verify.add_argument("--file", help="An exported file instead; asks no database.")
        export = jobs.add_parser(
            "export", help="Write the whole file of a return request, or all kept of a person."
        )
        export.add_argument("number", help="Of the return request; or a person's mail address.")
        export.add_argument("--out", default=".", help="Folder to write to (the current one).")
        export.add_argument("--html", action="store_true", help="Only the page.")
        export.add_argument("--json", action="store_true", help="Only the data.")
        # Not as ``stdout``: Django has that one for itself.
        export.add_argument(
            "--stdout", dest="print", action="store_true", help="A person's, not to a file."
        )
        erase = jobs.add_parser("erase", help="Erase a person, except what has to be kept.")
        erase.add_argument("email")
        erase.add_argument("--yes", action="store_true", help="Do it; left out: only tell.")
        self._add_push_jobs(jobs)

    def _add_push_jobs(self, jobs: Any) -> None:
        again = jobs.add_parser(
            "retrack",
            help="Set stored news, pushed or asked for, right after a carrier's mapping changed. "
            "Sends no mail.",
        )
        again.add_argument("--provider", choices=sorted(PROVIDERS), help="Left out: all.")
        again.add_argument("--since", type=int, metavar="DAYS", help="Told in the last days.")
        replay = jobs.add_parser(
            "replay", help="Read pushes again that were unreadable or of an unknown parcel."
        )
        replay.add_argument("--unreadable", action="store_true", help="Only the unreadable ones.")
        prune = jobs.add_parser("prune", help="Delete old pushes, their news stays; old events.")
        prune.add_argument(
            "--days", type=int, default=180, help="Keep those of the last days (180)."
        )

    @db.allow_writer()
    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "_" + options["job"])(**options)

    def _sweep(self, **options: Any) -> None:
        now = timezone.now()
        claiming.free_expired_leases(now)
        waiting = claiming.due_mails(now)
        for done, mail_id in enumerate(waiting, 1):
            delivery.deliver_mail(mail_id, timezone.now())
            self.stdout.write(f"mail {done} of {len(waiting)}")
        read = reading.read_waiting(now, lambda done: self.stdout.write(f"push {done}"))
        tasks.sweep()
        self.stdout.write(f"{len(waiting)} mails were waiting.")
        if read:
            self.stdout.write(f"{read} carrier pushes were waiting.")

    def _sync(self, days: int, **options: Any) -> None:
        refs = orders.orders_since(timezone.now() - timedelta(days=days))
        for done, order_ref in enumerate(refs, 1):
            sync_order(order_ref)
            if done % 100 == 0:
                self.stdout.write(f"{done} of {len(refs)} orders")
        self.stdout.write(f"{len(refs)} orders read.")

    def _poll(self, **options: Any) -> None:
        done = 0
        while True:
            taken = polling.poll_due(timezone.now())
            if not taken:
                break
            done += taken
            self.stdout.write(f"parcel {done}")
        self.stdout.write(f"{done} parcels were due.")

    def _watch(self, **options: Any) -> None:
        self.stdout.write(f"{watching.watch_all(timezone.now())} parcels will be looked at.")

    def _resend(self, mail: int, **options: Any) -> None:
        if not outbox.resend_unconfirmed(mail, timezone.now()):
            raise CommandError(f"Mail {mail} is neither given up nor in doubt.")
        self.stdout.write(f"Mail {mail} is queued again.")

    def _export(self, number: str, out: str, **options: Any) -> None:
        if "@" in number:
            self._export_person(number, out, is_to_stdout=options["print"])
            return
        request = ReturnRequest.objects.filter(number=number).select_related("order").first()
        if request is None:
            raise CommandError(f"There is no return request {number}.")
        content = file_of(request, timezone.now())
        wanted = [kind for kind in ("html", "json") if options[kind]] or ["html", "json"]
        for kind in wanted:
            text = page_of(content) if kind == "html" else json.dumps(content, indent=2)
            path = Path(out) / f"{number}.{kind}"
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path} written.")

    def _export_person(self, email: str, out: str, *, is_to_stdout: bool) -> None:
        try:
            pieces = personal_export.export(email, timezone.now())
            first = next(pieces)
        except ValueError as fault:
            raise CommandError(str(fault)) from None
        if is_to_stdout:
            for piece in chain([first], pieces):
                self.stdout.write(piece, ending="")
            return
        # The name tells nobody whose data it is.
        path = Path(out) / f"personal-data-{mailboxes.mailbox_of(email).hash[:12]}.json"
        with open(path, "w", encoding="utf-8", opener=_for_its_owner) as file:
            file.writelines(chain([first], pieces))
        self.stdout.write(f"{path} written.")

    def _erase(self, email: str, yes: bool, **options: Any) -> None:
        try:
            outcome = erasure.erase(email, timezone.now(), is_rehearsal=not yes)
        except ValueError as fault:
            raise CommandError(str(fault)) from None
        done = "erased" if yes else "would be erased"
        told = [f"{number} {what} {done}." for what, number in outcome.erased.items() if number]
        for line in told or ["There is nothing to erase."]:
            self.stdout.write(line)
        for line in outcome.kept:
            self.stdout.write("Kept: " + line)
        if told:
            self.stdout.write(
                "The shop's own orders and accounts are Saleor's: anonymise them there first, or "
                "the next change of an order brings the address back."
            )
        if told and not yes:
            self.stdout.write("Nothing was changed. Do it with --yes.")

    def _verify_file(self, path: str) -> None:
        try:
            number = check_file(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{path} can't be read: {fault}") from None
        except NotAFile as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(f"{number} is intact.")

    def _verify(self, number: str | None, file: str | None = None, **options: Any) -> None:
        if file is not None:
            self._verify_file(file)
            return
        requests = ReturnRequest.objects.order_by("pk")
        if number:
            requests = requests.filter(number=number)
            if not requests:
                raise CommandError(f"There is no return request {number}.")
        broken = [(row.number, first_broken(row)) for row in requests.iterator()]
        for name, position in broken:
            if position is not None:
                self.stderr.write(f"{name}: step {position} was changed after it was written.")
        if any(position is not None for _name, position in broken):
            raise CommandError("Some histories are not as they were written.")
        self.stdout.write(f"{len(broken)} histories are intact.")

    def _retrack(self, provider: str | None, since: int | None, **options: Any) -> None:
        tally = Tally()
        moment = timezone.now() - timedelta(days=since) if since is not None else None
        for change in retrack(tally, provider=provider or "", since=moment):
            moved = change.before
            if change.after != change.before:
                moved += f" -> {change.after}"
            self.stdout.write(
                f"{change.tracking_number} ({change.carrier or 'carrier unknown'}): {moved}, "
                f"{change.events} events"
            )
        for (before, after), number in sorted(tally.events.items()):
            self.stdout.write(f"{number} events: {before} -> {after}")
        self.stdout.write(
            f"{tally.pushes} pushes read again, {tally.unreadable} of them unreadable; "
            f"{sum(tally.events.values())} events and {tally.parcels} parcels have a new status."
        )
        if tally.out_of_reach:
            self.stdout.write(
                f"{tally.out_of_reach} events stay as they were: what they were read from "
                "is not kept any more."
            )

    def _replay(self, unreadable: bool, **options: Any) -> None:
        now = timezone.now()
        states = [PushState.UNREADABLE] + ([] if unreadable else [PushState.UNMATCHED])
        number = queue_again(states, now)
        reading.read_waiting(now, lambda done: self.stdout.write(f"push {done}"))
        still = CarrierPush.objects.filter(state__in=[state.value for state in states]).count()
        self.stdout.write(f"{number} pushes read again, {still} are as before.")

    def _prune(self, days: int, **options: Any) -> None:
        if days < PATIENCE.days:
            raise CommandError(f"Keep at least {PATIENCE.days} days: so long pushes are retried.")
        number = pushes.prune_pushes(timezone.now() - timedelta(days=days))
        self.stdout.write(f"{number} pushes deleted.")
        number = prune_deliveries(timezone.now() - timedelta(days=days))
        self.stdout.write(f"{number} events deleted.")
