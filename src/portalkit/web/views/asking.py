"""Asking: a question where it belongs, its permanent page, and "where are we?"."""

from __future__ import annotations

import re
from typing import Final

from attrs import evolve

from portalkit.errors import Invalid, OverQuota, PortalError
from portalkit.language import N_
from portalkit.model import Question, Scope
from portalkit.rules import require
from portalkit.web.app import Web
from portalkit.web.forms import BadForm
from portalkit.web.http import Request, Response
from portalkit.web.views.looking import show
from portalkit.web.views.shared import Values, visitor_form
from portalkit.web.views.showing import Asking, asking, show_milestone, show_question
from portalkit.web.visitor import Visitor

__all__ = ["ask", "question", "recap"]

_ONCE: Final = re.compile(r"[a-z2-7]{26}")


def question(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """The permanent page of a question."""
    found = visitor.visit.question(values["question"])
    return show(web, request, visitor, show_question(web, visitor, found))


def ask(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Ask something, or ask further; what goes wrong is said beside the form."""
    require(visitor.project, visitor.visit.scopes, Scope.COMMENT)
    names = ("milestone", "about", "question", "text", "once")
    fields = visitor_form(web, request, visitor, names)
    form = Asking(
        milestone=fields.get("milestone", ""),
        once=fields.get("once", ""),
        about=fields.get("about", ""),
        question=fields.get("question", ""),
        text=fields.get("text", ""),
        open=True,
    )
    try:
        asked = _asked(visitor, form)
    except (Invalid, OverQuota) as error:
        status, problem = _problem(visitor, error)
        return _again(web, request, visitor, evolve(form, status=status, problem=problem))
    return web.redirect(f"/p/{visitor.visit.link.id}/q/{asked.id}")


def _asked(visitor: Visitor, form: Asking) -> Question:
    if form.question:
        return visitor.visit.ask_further(form.question, form.text)
    if not _ONCE.fullmatch(form.once):
        raise BadForm("the form is not one of ours", remedy="Open the page again", once=form.once)
    return visitor.visit.ask(form.milestone, form.text, about=form.about or None, once=form.once)


def _problem(visitor: Visitor, error: PortalError) -> tuple[int, str]:
    """The status and the words for what kept a question from being asked."""
    say = visitor.language
    if isinstance(error, OverQuota):
        most = error.evidence["questions"]
        return 429, say.text(N_("Within 24 hours you can ask {count} times."), count=most)
    if error.evidence.get("field") != "text":
        raise error
    return 422, say.text(N_("Write your question, in at most 2,000 characters."))


def _again(web: Web, request: Request, visitor: Visitor, form: Asking) -> Response:
    """The page with the form, and with what was typed."""
    if form.question:
        shown = show_question(web, visitor, visitor.visit.question(form.question), form)
    else:
        milestone = visitor.visit.milestone(form.milestone)
        about = asking(visitor, milestone.id, form.about).reference
        asked = evolve(form, reference=about)
        shown = show_milestone(web, request, visitor, milestone, asked=asked)
    return show(web, request, visitor, shown, status=form.status)


def recap(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Count that the page does not say where the project stands; only a ticked box counts."""
    fields = visitor_form(web, request, visitor, ("looked",))
    if fields.get("looked") != "yes":
        return web.message(
            request,
            422,
            N_("Nothing was asked yet"),
            N_("Tick the box once you have looked at the page and still miss something."),
            visitor=visitor,
        )
    visitor.visit.recap()
    return web.message(
        request,
        200,
        N_("Thank you, the agency knows"),
        N_(
            "They see that you miss something, and will say on the project page where things stand. "
            "If you want to know something in particular, ask at its milestone."
        ),
        visitor=visitor,
    )
