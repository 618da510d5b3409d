"""How the pages of the agency say when."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template

register = template.Library()


@register.filter
def moment(at: int | None, zone: str) -> str:
    """Say an instant (UTC milliseconds) in a time zone."""
    if at is None:
        return "never"
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


@register.filter
def spoken(value: str) -> str:
    """Say a state in words."""
    return value.replace("_", " ")


@register.filter
def is_past(due: date | None, zone: str) -> bool:
    """Tell whether a day is over in a time zone."""
    return due is not None and due < datetime.now(ZoneInfo(zone)).date()
