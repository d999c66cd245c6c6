"""A running shop as one object: database, broker, mail catcher, worker and web server."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Iterator
from urllib.error import URLError
from urllib.request import urlopen

from . import broker, database, postgres
from .hosts import Host
from .mailbox import Mailbox
from .mailpage import MailPage
from .processes import Process, free_port, run
from .progress import Progress
from .runs import run_folder

#: 3.x imports for half a minute when its files aren't in memory yet.
START_TIMEOUT = 180


class Shop:
    """
    A Saleor with the plugin, running. Get one from `running_shop`.

    Attributes:
        host: which Saleor; `host.is_3` tells 3.x from 2.10.1, `host.version` says which.
        progress: `progress.step("Doing …")` shows a person what takes long.
        web_url: "http://127.0.0.1:<port>", no slash at its end.
        api_url: where GraphQL is posted to.
        mailbox: `mails`, `wait_for(wanted, timeout)`, `stop()` and `start()`.
        mails_url: a page to read the mails in a browser.
        mail_port: the SMTP port, for plugin settings.
        logs: folder with web.log, worker.log, postgres.log, broker.log, mail.log.
    """

    def __init__(self, host: Host, folder: Path, progress: Progress) -> None:
        self.host = host
        self.progress = progress
        self.logs = folder
        self.web_url = f"http://127.0.0.1:{free_port()}"
        self.api_url = self.web_url + "/graphql/"
        self.mailbox: Mailbox
        self.mails_url = ""
        self.mail_port = 0
        self._environment: dict[str, str] = {}
        self._processes: dict[str, Process] = {}
        #: Length of a log before its process started.
        self._seen: dict[str, int] = {}

    def manage(self, *arguments: object) -> str:
        """Run a management command in the shop; gives what it prints, raises `Failed`."""
        return self.python("-m", "django", *arguments)

    def python(self, *arguments: object) -> str:
        """Run the shop's interpreter, as in `shop.python("-c", "…")` or `shop.python(file)`."""
        return run([self.host.python, "-W", "ignore", *arguments], env=self._environment)

    def call(self, *arguments: object) -> int:
        """The same with its output shown as it comes; gives the exit code."""
        words = [str(word) for word in [self.host.python, "-W", "ignore", *arguments]]
        return subprocess.call(words, env=self._environment, stdin=subprocess.DEVNULL)

    def start_worker(self) -> None:
        """Start the Celery worker with its beat, and wait until it takes tasks."""
        self.start("worker")

    def start(self, *names: str) -> None:
        """Start "worker", "web" or both side by side, and wait; what runs already is left alone."""
        port = self.web_url.rpartition(":")[2]
        commands = {"worker": self.host.worker(self.logs), "web": self.host.web(int(port))}
        ready = {"worker": self._takes_tasks, "web": self._answers}
        names = tuple(name for name in names if not self._is_running(name))
        for name in names:
            log = self.logs / f"{name}.log"
            self._seen[name] = log.stat().st_size if log.exists() else 0
            self._processes[name] = Process(name, commands[name], log, env=self._environment)
        with self.progress.step("Starting " + " and ".join(names)):
            for name in names:
                self._processes[name].wait_until(ready[name], START_TIMEOUT)

    def stop_worker(self) -> None:
        """Let the worker finish its tasks and end; tasks queued later wait for the next one."""
        if self._is_running("worker"):
            self._processes["worker"].stop(timeout=30)

    def kill_worker(self) -> None:
        """End the worker in the middle of what it does, as a power cut would."""
        if self._is_running("worker"):
            self._processes["worker"].kill()

    def kill_all(self) -> None:
        """End worker and web server at once."""
        for process in self._processes.values():
            process.kill()

    def _is_running(self, name: str) -> bool:
        return name in self._processes and self._processes[name].is_running

    def _takes_tasks(self) -> bool:
        return b" ready." in (self.logs / "worker.log").read_bytes()[self._seen["worker"] :]

    def _answers(self) -> bool:
        try:
            with urlopen(self.web_url + "/health/", timeout=30) as response:
                return bool(response.status == HTTPStatus.OK)
        except (URLError, OSError):
            return False


@contextmanager
def running_shop(
    host: Host,
    progress: Progress,
    *,
    worker: bool = True,
    web: bool = True,
    mail: bool = True,
    name: str = "shop",
) -> Iterator[Shop]:
    """
    Bring up a shop on a database of its own, migrated and empty; take all down at the end.

    Args:
        worker: with a Celery worker and beat; else tasks wait, `shop.start_worker()` starts one.
        web: with the API served; else only `manage` and `python`.
        mail: with the SMTP catcher up; else it is down until `shop.mailbox.start()`.

    The end comes with the block's end, an exception, Ctrl-C or a polite kill.
    """
    with ExitStack() as stack:
        shop = Shop(host, stack.enter_context(run_folder(name)), progress)
        database_url = _start_database(shop, stack)
        queue = broker.start(shop.logs, progress)
        stack.callback(queue.stop)
        _start_mail(shop, stack)
        shop._environment = _environment(shop, database_url, queue)
        stack.callback(shop.kill_all)
        if worker or web:
            shop.start(*["worker"] * worker, *["web"] * web)
        if not mail:
            shop.mailbox.stop()
        yield shop


def _start_database(shop: Shop, stack: ExitStack) -> str:
    server = postgres.start(shop.logs, shop.host.python, shop.progress)
    stack.callback(server.stop)
    name = "aftersale_" + shop.logs.name.replace("-", "_")
    stack.callback(server.drop, name)
    database.migrated(server, shop.host, name, shop.progress)
    return server.url(name)


def _start_mail(shop: Shop, stack: ExitStack) -> None:
    shop.mailbox = Mailbox(shop.logs, shop.progress)
    stack.callback(shop.mailbox.stop)
    page = MailPage(shop.mailbox)
    stack.callback(page.stop)
    shop.mails_url, shop.mail_port = page.url, shop.mailbox.port


def _environment(shop: Shop, database_url: str, queue: broker.Broker) -> dict[str, str]:
    smtp = f"smtp://127.0.0.1:{shop.mail_port}"
    environment = {
        **shop.host.environment(),
        **queue.environment,
        "DATABASE_URL": database_url,
        "EMAIL_URL": smtp,
        "USER_EMAIL_URL": smtp,
        "PUBLIC_URL": shop.web_url,
    }
    if not shop.host.is_3:
        # The Redis cache its pins know needs Django 4.
        environment["CACHE_URL"] = f"file://{shop.logs}/cache"
    if "AFTERSALE_MESSAGES" in environment:
        environment["AFTERSALE_BASE_SETTINGS"] = environment["DJANGO_SETTINGS_MODULE"]
        environment["DJANGO_SETTINGS_MODULE"] = "file_broker"
        environment["PYTHONPATH"] += ":{}".format(Path(__file__).parent / "inside")
    return environment
