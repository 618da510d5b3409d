"""What was measured, beside its goal, as a table for people and as JSON for machines."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

from attrs import asdict, frozen

HEADINGS = ("", "portalkit", "p99", "peer", "peer, cached", "floor", "ratio", "goal", "met")


@frozen(kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        unit: of all values: ``ms``, ``/s``, ``MB/s``, ``MB`` or ``x``.
        ours: portalkit's median.
        p99: portalkit's 99th percentile.
        peer: the hand-written portal's median.
        cached: that of its variant with a page cache.
        floor: that of bare Flask, raw SQLite or the libraries alone.
        ratio: portalkit against the floor.
        goal: in the same unit, or ``None``.
        least: whether the goal is the least (and not the most) that is wanted.
        of_ratio: whether the goal is for the ratio.
        scale: how many times the floor the goal allows, where machines differ.
    """

    what: str
    unit: str = "ms"
    ours: float
    p99: float | None = None
    peer: float | None = None
    cached: float | None = None
    floor: float | None = None
    ratio: float | None = None
    goal: float | None = None
    least: bool = False
    of_ratio: bool = False
    scale: float | None = None

    @property
    def met(self) -> str:
        """Whether the goal was reached: ``yes``, ``no``, or ``yes, scaled`` to this machine."""
        value = self.ratio if self.of_ratio else self.ours
        if self.goal is None or value is None:
            return ""
        if value >= self.goal if self.least else value <= self.goal:
            return "yes"
        scaled = self.scale is not None and self.ratio is not None and self.ratio <= self.scale
        return "yes, scaled" if scaled else "no"

    @property
    def wanted(self) -> str:
        """The goal in words."""
        if self.goal is None:
            return ""
        unit = "" if self.of_ratio else f" {self.unit}"
        words = f"{'≥' if self.least else '≤'} {self.goal:g}{unit}"
        if self.of_ratio:
            words += " of floor" if self.least else " x floor"
        return words + (f" or {self.scale:g} x floor" if self.scale else "")


def text(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    rule = tuple("-" * width for width in widths)
    padded = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in (HEADINGS, rule, *lines[1:])
    ]
    return "\n".join(f"| {line} |" for line in padded)


def _cells(row: Row) -> tuple[str, ...]:
    values = (row.ours, row.p99, row.peer, row.cached, row.floor)
    shown = (_value(value, row.unit) for value in values)
    ratio = "" if row.ratio is None else _number(row.ratio)
    return (row.what, *shown, ratio, row.wanted, row.met)


def _value(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_number(value)} {unit}"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.1 else f"{value:.3f}"


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the rows and what they were measured on."""
    machine = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": sys.platform,
        "cores": os.cpu_count(),
    }
    return {"machine": machine, "rows": [asdict(row) | {"met": row.met} for row in rows]}
