"""Brands: what a colour becomes, and that a correction is told, once, to whoever can mend it."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

from portalkit import ConfigError, Invalid
from portalkit.web import Brand, colours
from tests.flask.host import make_app, seed

GOOD = ("#2f5d50", "#1a4f8a", "#000000", "#7A1F1F")
BAD = {
    "#f2c200": "contrast of 1.",
    "#ffffff": "contrast of 1.0",
    "#888888": "needs 4.5",
    "green": "no #rrggbb colour",
    "#abc": "no #rrggbb colour",
    "": "no #rrggbb colour",
    "red;}body{display:none": "no #rrggbb colour",
}


@pytest.mark.parametrize("accent", GOOD)
def test_a_readable_accent_is_used_as_it_is(accent: str) -> None:
    found = colours(Brand(name="Studio", accent=accent))
    assert (found.problem, found.light.accent) == ("", accent.lower())


@pytest.mark.parametrize("accent", BAD)
def test_a_bad_accent_is_corrected_and_the_report_says_how(accent: str) -> None:
    found = colours(Brand(name="Studio", accent=accent))
    assert BAD[accent] in found.problem
    assert found.light.accent in found.problem
    again = colours(Brand(name="Studio", accent=found.light.accent))
    assert (again.problem, again.light) == ("", found.light), "what is advised needs no correction"


def test_a_correction_is_logged_once_when_the_app_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    brands = {
        "studio": Brand(name="Northlight"),
        "labs": Brand(name="Labs", accent="#f2c200"),
    }
    with caplog.at_level(logging.WARNING, logger="portalkit"):
        app = make_app(tmp_path, PORTALKIT_BRANDS=brands)
        url = seed(app).url
        for _ in range(2):
            assert app.test_client().get(url, follow_redirects=True).status_code == 200
    [record] = caplog.records
    assert (record.name, record.levelname) == ("portalkit.brand", "WARNING")
    assert re.match(r"brand labs: text in the accent #f2c200 has a contrast of", record.message)


def test_doctor_names_the_accent_to_use(tmp_path: Path) -> None:
    brands = {"studio": Brand(name="Northlight"), "labs": Brand(name="Labs", accent="#f2c200")}
    app = make_app(tmp_path, PORTALKIT_BRANDS=brands)
    seed(app)
    run = app.test_cli_runner().invoke(args=["portalkit", "doctor", "--json"])
    assert run.exit_code == 1, (run.output, run.exception)
    found = {line["what"]: line for line in map(json.loads, run.stdout.splitlines())}
    assert found["brand studio"]["remedy"] == ""
    used = colours(brands["labs"]).light.accent
    assert found["brand labs"]["remedy"] == f"set the accent to {used}"


@pytest.mark.parametrize(
    ("brand", "error"),
    [({"scheme": "sepia"}, ConfigError), ({"links": (("x", "javascript:x"),)}, Invalid)],
)
def test_what_cannot_be_corrected_is_refused(
    brand: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Brand(name="Studio", **brand)  # type: ignore[arg-type]
