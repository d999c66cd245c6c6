"""The commands: `python3 -m sandbox help`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from pathlib import Path
from typing import Callable, Sequence

from . import environments3, hosts, quality, runs, testing
from .find import NotFound
from .hosts import Host
from .pages import tour
from .places import SANDBOX, cache_folder, empty_cache
from .processes import Failed
from .progress import Progress
from .running import Shop, running_shop


def host_of(options: argparse.Namespace, progress: Progress) -> Host:
    """The Saleor the options name: a 3.x checkout, else 2.10.1."""
    if options.saleor:
        if not options.python:
            raise Failed("SALEOR= needs PYTHON= too: the interpreter of that Saleor's environment.")
        return hosts.saleor3(
            Path(options.saleor).resolve(), Path(options.python).absolute(), progress
        )
    return hosts.saleor210(progress)


def required_host3(options: argparse.Namespace, progress: Progress) -> Host:
    """The 3.x checkout the options name; there is no default."""
    if not options.saleor:
        raise Failed(
            f"Name a Saleor: make {options.command} SALEOR=<checkout> PYTHON=<its interpreter>"
        )
    return host_of(options, progress)


def check(options: argparse.Namespace, progress: Progress) -> int:
    """format, lint, import contracts, types and unit tests"""
    return quality.verdict(quality.check(progress, options.rest), progress)


def test(options: argparse.Namespace, progress: Progress) -> int:
    """the checks, then all tests inside Saleor 2.10.1"""
    failures = quality.check(progress) if not options.rest else []
    failures += testing.test(host_of(options, progress), progress, options.rest)
    return quality.verdict(failures, progress)


def test_saleor3(options: argparse.Namespace, progress: Progress) -> int:
    """all tests inside the Saleor of --saleor and --python"""
    return quality.verdict(
        testing.test(required_host3(options, progress), progress, options.rest), progress
    )


def test_saleor3_migrations(options: argparse.Namespace, progress: Progress) -> int:
    """all migrations of a Saleor 3.x and ours from an empty database (minutes)"""
    return quality.verdict(
        testing.test_migrations(required_host3(options, progress), progress), progress
    )


def demo(options: argparse.Namespace, progress: Progress) -> int:
    """a shop with the whole loop played through it; stays up until Ctrl-C"""
    with running_shop(host_of(options, progress), progress, name="demo") as shop:
        code = _play(shop)
        progress.say(_places(shop))
        progress.say("Ctrl-C stops everything.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            progress.say("Stopping …")
        return code


def demo_check(options: argparse.Namespace, progress: Progress) -> int:
    """the same without staying up; fails if a step isn't as expected"""
    with running_shop(host_of(options, progress), progress, name="demo") as shop:
        return _play(shop)


def _play(shop: Shop) -> int:
    if not (SANDBOX / "demo.py").exists():
        shop.progress.say(
            "✗ There is no sandbox/demo.py: the shop is up, but there is no story to play."
        )
        return 1
    # The story belongs to the demo only: the other commands work without it.
    story = importlib.import_module("sandbox.demo")
    return int(story.main(shop))


def _places(shop: Shop) -> str:
    return "\n".join(
        f"{name:10}{place}"
        for name, place in (
            ("GraphQL", shop.api_url),
            ("Mails", shop.mails_url),
            ("Logs", shop.logs),
        )
    )


def bench(options: argparse.Namespace, progress: Progress) -> int:
    """ours against Saleor's own path, as ratios: bench/ inside the host"""
    return _inside(options, progress, "-m", "bench", *options.rest)


def pages(options: argparse.Namespace, progress: Progress) -> int:
    """every kind of tracking page in Chromium, with axe-core; `--pictures` writes docs/"""
    host = host_of(options, progress)
    with running_shop(host, progress, worker=False, name="pages") as shop:
        return tour.tour(shop, progress, pictures="--pictures" in options.rest)


def mails(options: argparse.Namespace, progress: Progress) -> int:
    """write the HTML frame of the mails from its MJML source"""
    return quality.write_mails(progress)


def mail_faults(options: argparse.Namespace, progress: Progress) -> int:
    """mails go out while worker processes are killed; each arrives once or is in doubt"""
    return _inside(options, progress, SANDBOX / "inside" / "mail_faults.py", *options.rest)


def schema(options: argparse.Namespace, progress: Progress) -> int:
    """write what we add to the API: tests/write_schema.py inside the host"""
    return _inside(options, progress, "-m", "tests.write_schema", *options.rest)


def manage(options: argparse.Namespace, progress: Progress) -> int:
    """a management command: manage makemigrations saleor_aftersale"""
    return _inside(options, progress, "-m", "django", *options.rest)


def python(options: argparse.Namespace, progress: Progress) -> int:
    """the host's interpreter on a migrated, empty shop: python SCRIPT"""
    return _inside(options, progress, *options.rest)


def _inside(options: argparse.Namespace, progress: Progress, *arguments: object) -> int:
    host = host_of(options, progress)
    with running_shop(host, progress, worker=False, web=False, name="inside") as shop:
        return shop.call(*arguments)


def saleor3_environments(options: argparse.Namespace, progress: Progress) -> int:
    """the Saleor 3.x environments named for CI, interpreter and checkout with a tab between"""
    usable, problems = environments3.named(os.environ)
    for environment in usable:
        print(environment.interpreter, environment.checkout, sep="\t")
    for problem in problems:
        progress.say("✗ " + problem)
    return 1 if problems else 0


def clean(options: argparse.Namespace, progress: Progress) -> int:
    """end what killed launchers left running, and remove the cache"""
    ended = runs.clear_dead_runs()
    alive = [folder.name for folder in runs.runs_folder().glob("*-*")]
    if alive:
        raise Failed("Still running, so the cache stays: " + ", ".join(alive))
    empty_cache()
    progress.say(f"Ended {ended} processes; emptied {cache_folder()}")
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace, Progress], int]] = {
    "demo": demo,
    "demo-check": demo_check,
    "check": check,
    "test": test,
    "test-saleor3": test_saleor3,
    "test-saleor3-migrations": test_saleor3_migrations,
    "saleor3-environments": saleor3_environments,
    "bench": bench,
    "pages": pages,
    "mails": mails,
    "mail-faults": mail_faults,
    "schema": schema,
    "manage": manage,
    "python": python,
    "clean": clean,
}


def parser() -> argparse.ArgumentParser:
    """The command line: options first, then the command, then what is passed on."""
    lines = [f"  {name:26}{command.__doc__}" for name, command in COMMANDS.items()]
    made = argparse.ArgumentParser(
        prog="python3 -m sandbox",
        description="A real Saleor on a bare machine.",
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--saleor", help="checkout of a Saleor 3.x; without it, Saleor 2.10.1 is used"
    )
    made.add_argument("--python", help="interpreter of that checkout's environment")
    made.add_argument("command", choices=sorted(COMMANDS), metavar="COMMAND")
    made.add_argument("rest", nargs=argparse.REMAINDER, help="passed on, for example to pytest")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run one command; gives its exit code."""
    given: list[str] = list(arguments)
    if given in ([], ["help"]):
        given = ["--help"]
    options = parser().parse_args(given)
    progress = Progress()
    try:
        return COMMANDS[options.command](options, progress)
    except (Failed, NotFound) as error:
        progress.say(f"✗ {error}")
        return 1
    except KeyboardInterrupt:
        progress.say("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
