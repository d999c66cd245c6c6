"""The drop-in bar and the React example on a storefront's page, with real answers of the API."""

from __future__ import annotations

import json
from typing import Any

from .. import wheels
from ..places import ROOT
from ..progress import Progress
from ..running import Shop
from . import checks
from .browser import Browser

#: Bundles React for browsers; its own code isn't used.
REACT = "dash>=3,<5"

EXAMPLE = ROOT / "docs" / "storefront" / "OrderProgress.js"

_HEAD = """<!doctype html><html lang="en"><title>Orders</title>
<meta name="viewport" content="width=device-width">
<script type="module" src="{bar}"></script>"""

_BARS = (
    _HEAD
    + """<main><h1>Orders</h1>
<aftersale-progress progress="60" text="On the way"></aftersale-progress>
<aftersale-progress progress="50" text="On the way back" returning></aftersale-progress>
<aftersale-progress progress="60" text="Late" warning></aftersale-progress></main></html>"""
)

_REACT = (
    _HEAD
    + """<main><h1>Orders</h1><div id="root"></div></main>
<script>{react}</script><script>{react_dom}</script>
<script type="importmap">{{"imports": {{"react": "data:text/javascript,{shim}"}}}}</script>
<script type="module">{example}
window.root = ReactDOM.createRoot(document.getElementById("root"));
window.show = (props) => root.render(createElement(OrderProgress, props));
window.isReady = true;</script></html>"""
)

#: What React's own file for browsers offers, as the module the example imports.
_SHIM = "export const {createElement, memo, useEffect, useRef, useState} = window.React;"

#: What each bar shows and tells a screen reader.
_SAID = """
Array.from(document.querySelectorAll("aftersale-progress")).map(bar => {
  const track = bar.shadowRoot.querySelector("[role=progressbar]")
  return {
    role: track.getAttribute("role"),
    range: [track.ariaValueMin, track.ariaValueNow, track.ariaValueMax].map(Number),
    value: track.getAttribute("aria-valuetext"),
    label: track.getAttribute("aria-label"),
    text: bar.shadowRoot.querySelector("p").textContent,
    width: bar.shadowRoot.querySelector("b").style.width,
    returning: bar.hasAttribute("returning"),
    warning: bar.hasAttribute("warning"),
  }
})
"""


def storefront_faults(
    browser: Browser, shop: Shop, bar: str, api: dict[str, Any], axe: str, progress: Progress
) -> list[str]:
    """
    What is wrong with the bar, and with the example.

    Args:
        bar: path of the bar's file.
        api: `authorization` of a customer, and `orders`: id and `timeline` by name.
    """
    head = {"bar": shop.web_url + bar}
    (shop.logs / "bar.html").write_text(_BARS.format(**head), encoding="utf-8")
    folder = wheels.unpacked("react", [REACT], progress, "--no-compile") / "dash" / "deps"
    sources = {
        "react": _only(folder, "react@18*.min.js"),
        "react_dom": _only(folder, "react-dom@18*.min.js"),
        "example": EXAMPLE.read_text(encoding="utf-8"),
        "shim": _SHIM,
    }
    (shop.logs / "react.html").write_text(_REACT.format(**head, **sources), encoding="utf-8")
    faults = _plain_faults(browser, shop, axe)
    faults += _property_faults(browser, shop, api["orders"], axe)
    return faults + _react_faults(browser, shop, api, axe)


def _only(folder: Any, pattern: str) -> str:
    return str(sorted(folder.glob(pattern))[-1].read_text(encoding="utf-8"))


def expected(timeline: dict[str, Any]) -> dict[str, Any]:
    """What the bar of an order, or of one parcel, must say."""
    progress, text = timeline["progress"], timeline["text"]
    parts = timeline.get("shipments", [timeline])
    late = [
        part for part in parts if part["isStalled"] or (part["estimate"] or {}).get("lateSince")
    ]
    return {
        "role": "progressbar",
        "range": [0, progress, 100],
        "value": f"{text}, {progress} %",
        "label": text,
        "text": text,
        "width": f"{progress}%",
        "returning": len(parts) == 1 and parts[0]["isReturning"],
        "warning": bool(late),
    }


def _plain_faults(browser: Browser, shop: Shop, axe: str) -> list[str]:
    """The bar with attributes alone, light and dark."""
    faults = []
    for dark in (False, True):
        browser.show(width=320, dark=dark)
        browser.open((shop.logs / "bar.html").as_uri())
        told = [item["value"] for item in browser.evaluate(_SAID)]
        faults += _page_faults(browser, axe)
        if told != ["On the way, 60 %", "On the way back, 50 %", "Late, 60 %"]:
            faults.append(f"says {told}")
    return [f"bar: {fault}" for fault in faults]


def _property_faults(browser: Browser, shop: Shop, orders: dict[str, Any], axe: str) -> list[str]:
    """The bar with the property set to each order's real timeline, and to each of its parcels."""
    browser.open((shop.logs / "bar.html").as_uri())
    faults = []
    for name, order in orders.items():
        for number, timeline in enumerate([order["timeline"], *order["timeline"]["shipments"]]):
            browser.evaluate(
                "document.querySelector('aftersale-progress').timeline = "
                + json.dumps(timeline)
                + "; 0"
            )
            said, wanted = browser.evaluate(_SAID)[0], expected(timeline)
            if said != wanted:
                faults.append(f"bar of {name}, part {number}: {said} instead of {wanted}")
    return faults + [f"bar: {fault}" for fault in _page_faults(browser, axe)]


def _react_faults(browser: Browser, shop: Shop, api: dict[str, Any], axe: str) -> list[str]:
    """The example asks the shop's API for each order and hands what it is told to the bars."""
    browser.open((shop.logs / "react.html").as_uri())
    faults = [] if browser.evaluate("window.isReady === true") else ["it doesn't start"]
    for name, order in api["orders"].items():
        timeline = order["timeline"]
        parcels = timeline["shipments"] if len(timeline["shipments"]) > 1 else []
        wanted = [expected(item) for item in [timeline, *parcels]]
        props = {"apiUrl": shop.api_url, "authorization": api["authorization"], "id": order["id"]}
        browser.evaluate(f"window.show({json.dumps(props)}); 0")
        said = _once(browser, wanted)
        if said != wanted:
            faults.append(f"{name}: {said} instead of {wanted}")
    faults += _page_faults(browser, axe)
    return [f"React example: {fault}" for fault in faults]


def _once(browser: Browser, wanted: list[dict[str, Any]]) -> Any:
    """What the bars say as soon as it is that, or after ten seconds."""
    said: Any = None
    for _ in range(100):
        said = browser.evaluate(_SAID)
        if said == wanted:
            break
        browser.evaluate("new Promise(done => setTimeout(done, 100))")
    return said


def _page_faults(browser: Browser, axe: str) -> list[str]:
    found = checks.violations(browser, axe) + checks.too_wide(browser, 320)
    return found + checks.console(browser, status=200)
