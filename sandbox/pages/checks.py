"""What must be true of a page in the browser: each check gives what is wrong, as sentences."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from .browser import Browser

#: HTML and style sheet together.
MAX_BYTES = 30_000

#: Standards up to WCAG 2.2 AA, and what axe-core counts as good practice.
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_SMALL_TARGETS = """
Array.from(document.querySelectorAll("a[href], button, summary, input:not([type=hidden])"))
  .filter(item => item.checkVisibility() && !item.closest("p, .skip") || item.matches(".button"))
  .filter(item => item.getBoundingClientRect().height < 43.9)
  .map(item => item.outerHTML.slice(0, 80))
"""


def violations(browser: Browser, axe: str, *, is_page: bool = True) -> list[str]:
    """
    What axe-core finds.

    Args:
        is_page: False for a mail, which a mail program shows within a page of its own: there
            the good practice of whole pages, as landmarks, says nothing.
    """
    browser.evaluate(axe + "\n;0")
    # Without preload: the page's own CSP lets nobody fetch its style sheet.
    tags = list(_TAGS) if is_page else [tag for tag in _TAGS if tag != "best-practice"]
    options = json.dumps({"runOnly": tags, "preload": False})
    found = browser.evaluate(f"axe.run(document, {options}).then(found => found.violations)")
    return [f"axe {item['id']}: {item['help']}: {item['nodes'][0]['html'][:160]}" for item in found]


def axe_version(browser: Browser, axe: str) -> str:
    """Which axe-core it is."""
    return str(browser.evaluate(axe + "\n;axe.version"))


def too_wide(browser: Browser, window: int) -> list[str]:
    """A page that scrolls sideways."""
    # Not innerWidth: a phone zooms out until a page that is too wide fits.
    width = browser.evaluate("document.documentElement.scrollWidth")
    return [f"{width} px wide in a window of {window} px"] if width > window else []


def small_targets(browser: Browser) -> list[str]:
    """Links outside of sentences, buttons and fields lower than 44 px."""
    return ["lower than 44 px: " + item for item in browser.evaluate(_SMALL_TARGETS)]


def console(browser: Browser, *, status: int) -> list[str]:
    """Errors and warnings; a page that says "not found" is logged by the browser itself."""
    found = []
    for method, told in browser.events:
        if method == "Runtime.exceptionThrown":
            found.append(f"exception: {told['exceptionDetails'].get('text')}")
        elif method == "Runtime.consoleAPICalled":
            found.append(f"console: {told['args']}")
        elif method == "Log.entryAdded" and not _is_own_status(told["entry"], status):
            found.append(f"log: {told['entry']['text']}")
    return found


def _is_own_status(entry: dict[str, Any], status: int) -> bool:
    return status != 200 and f"status of {status}" in entry["text"]


def answered(browser: Browser, *, status: int) -> list[str]:
    """Another status than expected, or a policy that isn't there."""
    for method, told in browser.events:
        if method == "Network.responseReceived" and told["type"] == "Document":
            headers = {name.lower() for name in told["response"]["headers"]}
            missing = {"content-security-policy", "x-robots-tag", "referrer-policy"} - headers
            found = [f"no header {name}" for name in sorted(missing)]
            if told["response"]["status"] != status:
                found.append(f"status {told['response']['status']} instead of {status}")
            return found
    return ["no answer"]


def foreign_requests(browser: Browser, host: str) -> list[str]:
    """Requests to anybody but the shop."""
    urls = [
        told["request"]["url"]
        for method, told in browser.events
        if method == "Network.requestWillBeSent"
    ]
    return [
        "asks " + url
        for url in urls
        if not url.startswith("data:") and urlsplit(url).netloc != host
    ]


def weight(browser: Browser) -> int:
    """Bytes of HTML and style sheets as they are before the server packs them."""
    return sum(
        told["dataLength"] for method, told in browser.events if method == "Network.dataReceived"
    )
