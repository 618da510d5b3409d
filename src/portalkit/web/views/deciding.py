"""Deciding: review, restate, confirm, record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from portalkit import clean, pages, rules
from portalkit.errors import BadLink, Invalid, NotAllowed
from portalkit.facts import ApprovalDecided
from portalkit.language import N_
from portalkit.model import Approval, Outcome, Scope
from portalkit.rules import Circumstances, require
from portalkit.web.app import Web
from portalkit.web.forms import BadForm
from portalkit.web.http import Request, Response
from portalkit.web.views.looking import show
from portalkit.web.views.shared import Values, visitor_form
from portalkit.web.views.showing import Draft, show_review
from portalkit.web.visitor import Visitor

__all__ = ["REVIEW", "SENTENCES", "decide"]

SENTENCES: Final[Mapping[Outcome, str]] = {
    Outcome.APPROVED: N_("I, {name}, approve “{title}”."),
    Outcome.APPROVED_WITH_CHANGES: N_("I, {name}, approve “{title}” with the changes below."),
    Outcome.CHANGES_REQUESTED: N_("I, {name}, request changes to “{title}”."),
    Outcome.DECLINED: N_("I, {name}, decline “{title}”."),
    Outcome.ABSTAINED: N_("I, {name}, abstain from deciding on “{title}”."),
}
"""What a person confirms, word for word; it becomes part of the evidence."""


REVIEW: Final = ("shown", "outcome", "comment", "reviewed", "typed_name")


_SHOWN: Final[Mapping[str, type]] = {"manifest": str, "at": int}
_TEXTS: Final = ("outcome", "comment", "typed_name", "sentence", "locale")
_SIGNED: Final = {"review": _SHOWN, "confirm": {**_SHOWN, **dict.fromkeys(_TEXTS, str)}}
"""What the page before signed for each step, beside whose it is."""


def decide(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Review, confirm, decide."""
    approval = visitor.visit.approval(values["approval"])
    if request.method != "POST":
        return _review(web, request, visitor, approval, Draft())
    require(visitor.project, visitor.visit.scopes, Scope.DECIDE)
    fields = visitor_form(web, request, visitor, (*REVIEW, "intent", "back"))
    if "intent" in fields:
        return _confirmed(web, request, visitor, approval, fields)
    return _intended(web, request, visitor, approval, fields)


def _review(
    web: Web, request: Request, visitor: Visitor, approval: Approval, draft: Draft
) -> Response:
    signed = {
        "step": "review",
        "link": visitor.visit.link.id,
        "session": visitor.cookie.session,
        "approval": approval.id,
        "manifest": approval.manifest,
        "at": visitor.now,
    }
    shown = show_review(web, visitor, approval, draft=draft, signed=web.portal.keys.intent(signed))
    return show(web, request, visitor, shown, status=422 if draft.problems else 200)


def _intended(
    web: Web, request: Request, visitor: Visitor, approval: Approval, fields: Mapping[str, str]
) -> Response:
    """The first step: check what was filled in, and restate it for confirmation."""
    shown = _signed(web, visitor, approval, fields.get("shown", ""), "review")
    draft = _checked(visitor, approval, fields, shown["manifest"])
    if draft.problems:
        return _review(web, request, visitor, approval, draft)
    draft = evolve(
        draft,
        comment=clean.prose(draft.comment, "comment"),
        typed_name=clean.line(draft.typed_name, "typed_name"),
    )
    say, outcome = visitor.language, Outcome(draft.outcome)
    sentence = say.text(SENTENCES[outcome], name=draft.typed_name, title=approval.title)
    intent = {
        **shown,
        "step": "confirm",
        "outcome": draft.outcome,
        "comment": draft.comment,
        "typed_name": draft.typed_name,
        "sentence": sentence,
        "locale": say.locale,
    }
    return web.page(
        request,
        visitor,
        "confirm.html",
        title=f"{approval.title} · {visitor.project.title}",
        page=pages.approval_page(visitor.project, approval, visitor.reader),
        sentence=sentence,
        draft=draft,
        intent=web.portal.keys.intent(intent),
    )


def _checked(
    visitor: Visitor, approval: Approval, fields: Mapping[str, str], manifest: str
) -> Draft:
    """Return what was filled in with its problems; raise `Outdated` if it can no longer be decided."""
    draft = Draft(
        outcome=fields.get("outcome", ""),
        comment=fields.get("comment", ""),
        typed_name=fields.get("typed_name", ""),
    )
    if draft.outcome and draft.outcome not in list(Outcome):
        raise BadForm("no such outcome", outcome=draft.outcome)
    problems = [name for name in ("outcome",) if not draft.outcome]
    problems += ["reviewed"] if fields.get("reviewed") != "yes" else []
    problems += _refused(visitor, approval, draft, manifest)
    return evolve(draft, problems=tuple(dict.fromkeys(problems)))


def _refused(visitor: Visitor, approval: Approval, draft: Draft, manifest: str) -> list[str]:
    """Ask the rules, first all at once and then one text field at a time, and write nothing."""
    problems = []
    said = ApprovalDecided(
        person=visitor.visit.person.id,
        outcome=Outcome(draft.outcome or Outcome.APPROVED),
        manifest=manifest,
        recognised=visitor.visit.recognised,
        comment=draft.comment,
        typed_name=draft.typed_name,
    )
    for fact in (said, evolve(said, typed_name="Name"), evolve(said, comment="-")):
        try:
            rules.decide(visitor.project, approval, fact)
        except Invalid as error:
            problems.append(str(error.evidence["field"]))
        if not problems:
            break
    return problems


def _confirmed(
    web: Web, request: Request, visitor: Visitor, approval: Approval, fields: Mapping[str, str]
) -> Response:
    """The second step: record the decision, exactly as it was restated."""
    if set(fields) - {"intent", "back"}:
        raise BadForm("a confirmation holds nothing but itself", fields=sorted(fields))
    intent = _signed(web, visitor, approval, fields["intent"], "confirm")
    if "back" in fields:
        draft = Draft(intent["outcome"], intent["comment"], intent["typed_name"])
        return _review(web, request, visitor, approval, draft)
    visitor.visit.decide(
        approval,
        intent["outcome"],
        manifest=intent["manifest"],
        typed_name=intent["typed_name"],
        comment=intent["comment"],
        circumstances=Circumstances(
            confirmed=True,
            locale=intent["locale"],
            served_at=intent["at"],
            sentence=intent["sentence"],
            session=visitor.cookie.session,
            address=request.address,
            user_agent=request.header("user-agent"),
        ),
    )
    return web.redirect(f"/p/{visitor.visit.link.id}/a/{approval.id}")


def _signed(web: Web, visitor: Visitor, approval: Approval, text: str, step: str) -> dict[str, Any]:
    """Return what the page before signed for this step, link, approval and browser."""
    try:
        value = web.portal.keys.read_intent(text)
    except BadLink as error:
        raise BadForm("the form was edited", remedy="Open the page again") from error
    place = (value.get("step"), value.get("link"), value.get("approval"))
    if place != (step, visitor.visit.link.id, approval.id):
        raise BadForm("the form belongs to another page", remedy="Open the page again")
    if value.get("session") != visitor.cookie.session:
        raise NotAllowed("the form was made in another browser", remedy="Open the page again")
    if not all(isinstance(value.get(name), kind) for name, kind in _SIGNED[step].items()):
        raise BadForm("the form was made by another release", remedy="Open the page again")
    return value
