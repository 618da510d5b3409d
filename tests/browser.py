"""What a browser test needs beside its fixtures: how Chromium is started, and axe."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = [
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe(page: Page, *, disable: tuple[str, ...] = (), within: str | None = None) -> list[str]:
    """What axe-core holds against the page as it stands, one line per element; [] is good.

    `disable` names rules to leave out, `within` is a selector of the part to look at.  The page
    needs a context with JavaScript.  Our Content-Security-Policy is no obstacle.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe_source())
    options = {
        "runOnly": {"type": "tag", "values": WCAG_22_AA},
        "rules": {rule: {"enabled": False} for rule in disable},
        "resultTypes": ["violations"],
    }
    result: dict[str, Any] = page.evaluate(
        "([context, options]) => axe.run(context || document, options)", [within, options]
    )
    assert result["passes"], f"axe found nothing to check on {page.url}"
    return [
        f"{violation['id']} ({violation['impact']}): {node['html']} – {reasons(node)}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def reasons(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for check in [*node["any"], *node["all"], *node["none"]])


@cache
def axe_source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
