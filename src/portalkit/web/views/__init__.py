"""The views: one function for each route.  They look, ask the visit, and choose a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portalkit.web.app import View
from portalkit.web.views.asking import ask, question, recap
from portalkit.web.views.choosing import notices, unsubscribe
from portalkit.web.views.deciding import decide
from portalkit.web.views.entering import enter, leave, resend
from portalkit.web.views.files import file, static
from portalkit.web.views.looking import history, milestone, project, project_json, update
from portalkit.web.views.seeing import seen
from portalkit.web.views.uploading import upload

__all__ = ["VIEWS"]

VIEWS: Final[Mapping[str, View]] = {
    "enter": enter,
    "enter_at": enter,
    "project": project,
    "project_json": project_json,
    "milestone": milestone,
    "upload": upload,
    "update": update,
    "question": question,
    "ask": ask,
    "recap": recap,
    "history": history,
    "file": file,
    "decide": decide,
    "notices": notices,
    "seen": seen,
    "resend": resend,
    "leave": leave,
    "unsubscribe": unsubscribe,
    "static": static,
}
"""The view of each route, by the route's name."""
