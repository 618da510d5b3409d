"""How the portal of the agency looks."""

from __future__ import annotations

from pathlib import Path

from portalkit.web import Brand

__all__ = ["PORTAL_BRAND"]

STATIC = Path(__file__).parent.parent.parent / "shared" / "static"

PORTAL_BRAND = Brand(
    name="Northlight Studio",
    accent="#2f5d50",
    logo=str(STATIC / "northlight.svg"),
    footer="Northlight Studio · Hafenstraße 12, Hamburg",
    links=(("Imprint", "https://northlight.example/imprint"),),
)
