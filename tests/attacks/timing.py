"""How long unknown and forbidden take, side by side: ``python -m tests.attacks.timing``.  A report, no test."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from tests.web.stage import UNKNOWN, Browser, hidden_parts, make_stage, unknown_link

ROUNDS = 400


def median(ask: Callable[[], object]) -> float:
    """The median time of a request, in microseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return 1e6 * statistics.median(times)


def main() -> None:
    """Print a table."""
    stage = make_stage()
    cookies = dict([stage.cookie(stage.own.anna)])
    base, browser = stage.base(stage.own.anna), Browser(stage.web, keeps=False)
    rows = {
        "unknown request": f"{base}a/{UNKNOWN['approval']}",
        "foreign request": f"{base}a/{stage.far.ask}",
        "hidden request": f"{base}a/{hidden_parts(stage.own)['approval']}",
        "unknown file": f"{base}f/{UNKNOWN['file']}/1",
        "foreign file": f"{base}f/{stage.far.home.id}/1",
        "hidden file": f"{base}f/{stage.own.leak.id}/1",
    }
    for name, url in rows.items():
        print(
            f"{name:32} {median(lambda url=url: browser.ask('GET', url, cookies=cookies)):8.1f} us"
        )
    for name, link in {
        "link that exists, no cookie": stage.link(stage.own.anna),
        "unknown link, no cookie": unknown_link(),
    }.items():
        url = f"{stage.web.mount}/p/{link}/"
        print(f"{name:32} {median(lambda url=url: browser.ask('GET', url, cookies={})):8.1f} us")


if __name__ == "__main__":
    main()
