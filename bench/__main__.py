"""``make bench``: prints name, ratio and bound of every claim; fails past a bound."""

from __future__ import annotations

import sys

import django

django.setup()

from bench import (  # noqa: E402 -- after set-up
    carrier_news,
    csv_memory,
    mail,
    order_fulfill,
    order_timeline,
    orders_timeline,
    policy,
    retrack_memory,
    return_requests,
    startup,
    tracking_page,
    watch_sweep,
)

MODULES = (
    orders_timeline,
    order_timeline,
    order_fulfill,
    carrier_news,
    csv_memory,
    mail,
    policy,
    retrack_memory,
    return_requests,
    startup,
    tracking_page,
    watch_sweep,
)


def main() -> int:
    """Measure every claim; gives 1 when one doesn't hold."""
    claims = [claim for module in MODULES for claim in module.CLAIMS]
    wanted = sys.argv[1:]
    failed = 0
    print(f"{'claim':58}{'ratio':>8}{'bound':>8}", flush=True)
    for claim in claims:
        if wanted and not any(word in claim.name for word in wanted):
            continue
        ratio = claim.measure()
        failed += ratio > claim.bound
        verdict = "" if ratio <= claim.bound else "  past its bound"
        print(f"{claim.name:58}{ratio:8.3f}{claim.bound:8.2f}{verdict}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
