"""The tour: which pages are opened how, and what came of it."""

from __future__ import annotations

import json
from typing import Iterator, NamedTuple
from urllib.parse import urlsplit

from .. import wheels
from ..places import ROOT, SANDBOX
from ..progress import Progress
from ..running import Shop
from . import checks
from .browser import Browser, find_chromium
from .storefront import storefront_faults

#: Bundles axe-core; its own code isn't used.
AXE = "axe-playwright-python>=0.1.4,<0.2"

LANGUAGES = ("en", "pl", "bg", "ru")
STATUSES = {"expired": 410, "not-found": 404}
#: Shown in the documentation as on a phone: page by file.
PICTURES = {
    "tracking-on-the-way": "on-the-way",
    "tracking-delivered": "delivered",
    "tracking-late": "late",
    "tracking-locker": "locker",
    "tracking-returning": "returning",
    "return-form": "return-first",
    "return-status": "return-request",
    "return-refused": "return-declined",
    "return-refunded": "return-refunded",
}
PICTURE_WIDTH = 390
#: Of a mail on a small phone.
MAIL_WIDTH = 375


class Visit(NamedTuple):
    """One page, opened in one way."""

    name: str
    language: str
    width: int
    dark: bool

    def __str__(self) -> str:
        return f"{self.name} {self.language} {self.width} px {'dark' if self.dark else 'light'}"


def visits(names: list[str]) -> Iterator[Visit]:
    """Each page narrow and wide, light and dark, and narrow in every other language."""
    for name in names:
        for width in (320, 1280):
            for dark in (False, True):
                yield Visit(name, "en", width, dark)
    for language in LANGUAGES[1:]:
        for name in names:
            yield Visit(name, language, 320, False)


def tour(shop: Shop, progress: Progress, *, pictures: bool) -> int:
    """Open every page; gives 1 when anything is wrong with one."""
    program = find_chromium()
    axe = axe_source(progress)
    paths = json.loads(shop.python(SANDBOX / "inside" / "make_pages.py").splitlines()[-1])
    bar, api, mails = (paths.pop(name) for name in ("bar", "api", "mails-in-words"))
    with Browser(program, shop.logs) as browser:
        version = checks.axe_version(browser, axe)
        faults = []
        seen = list(visits(list(paths)))
        heaviest = 0
        for visit in seen:
            browser.show(width=visit.width, dark=visit.dark)
            browser.open(f"{shop.web_url}{paths[visit.name]}?language={visit.language}")
            faults += _faults(browser, visit, STATUSES.get(visit.name, 200), axe)
            heaviest = max(heaviest, checks.weight(browser))
        faults += _form_faults(browser, shop.web_url + paths["reported"], axe)
        faults += storefront_faults(browser, shop, bar, api, axe, progress)
        faults += _mail_faults(browser, shop, mails, axe, pictures=pictures)
        if pictures:
            _take_pictures(browser, shop, paths)
    for fault in faults:
        progress.say("✗ " + fault)
    violations = sum(": axe " in fault for fault in faults)
    progress.say(
        f"axe {version}: {len(seen) + 6 + 2 * len(mails)} pages, {violations} violations; "
        f"{len(faults) - violations} other faults; the heaviest page has {heaviest / 1000:.1f} kB"
    )
    return 1 if faults else 0


def axe_source(progress: Progress) -> str:
    """axe-core as JavaScript."""
    folder = wheels.unpacked("axe", [AXE], progress)
    return (folder / "axe_playwright_python" / "axe.min.js").read_text(encoding="utf-8")


def _faults(browser: Browser, visit: Visit, status: int, axe: str) -> list[str]:
    host = urlsplit(browser.evaluate("location.href")).netloc
    found = checks.answered(browser, status=status) + checks.console(browser, status=status)
    found += checks.foreign_requests(browser, host)
    # What is folded must hold too.
    browser.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true })")
    found += checks.too_wide(browser, visit.width) + checks.small_targets(browser)
    found += checks.violations(browser, axe)
    weight = checks.weight(browser)
    if weight >= checks.MAX_BYTES:
        found.append(f"{weight} bytes, {checks.MAX_BYTES} are the limit")
    return [f"{visit}: {fault}" for fault in found]


def _form_faults(browser: Browser, url: str, axe: str) -> list[str]:
    """A parcel is reported as not received: first with too many words, then as it should be."""
    browser.show(width=320, dark=False)
    browser.open(url)
    words = "document.querySelector('textarea').value = 'x'.repeat({count});"
    send = "document.querySelector('form').requestSubmit()"
    browser.follow(words.format(count=2001) + send)
    refused = Visit("too long", "en", 320, False)
    faults = _faults(browser, refused, 400, axe)
    if browser.evaluate("document.querySelector('textarea').value.length") != 2001:
        faults.append(f"{refused}: what was written is lost")
    browser.follow(words.format(count=20) + send)
    stated = Visit("just reported", "en", 320, False)
    faults += _faults(browser, stated, 200, axe)
    if not browser.evaluate("!!document.querySelector('.stated time')"):
        faults.append(f"{stated}: the page doesn't say so")
    return faults


def _mail_faults(
    browser: Browser, shop: Shop, mails: dict[str, str], axe: str, *, pictures: bool
) -> list[str]:
    """Each mail on a small phone, light and dark; none of it asks for anything from elsewhere."""
    faults = []
    for key, html in mails.items():
        file = shop.logs / f"{key}.html"
        file.write_text(html, encoding="utf-8")
        for dark in (True, False):
            browser.show(width=MAIL_WIDTH, dark=dark)
            browser.open(file.as_uri())
            found = checks.violations(browser, axe, is_page=False)
            found += (
                checks.too_wide(browser, MAIL_WIDTH)
                + checks.console(browser, status=200)
                + checks.foreign_requests(browser, "")
            )
            faults += [f"mail {key}: {fault}" for fault in found]
        if pictures:
            height = browser.evaluate("document.documentElement.scrollHeight")
            picture = browser.picture(min(height, 1400))
            (ROOT / "docs" / f"mail-{key.replace('.', '-')}.png").write_bytes(picture)
    return faults


def _take_pictures(browser: Browser, shop: Shop, paths: dict[str, str]) -> None:
    for file, name in PICTURES.items():
        browser.show(width=PICTURE_WIDTH, dark=False)
        browser.open(shop.web_url + paths[name] + "?language=en")
        (ROOT / "docs" / f"{file}.png").write_bytes(browser.picture(1100))
    browser.show(width=1280, dark=True)
    browser.open(shop.web_url + paths["on-the-way"] + "?language=en")
    (ROOT / "docs" / "tracking-wide-dark.png").write_bytes(browser.picture(900))
