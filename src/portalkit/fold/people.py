"""Folding people and their links: a function for each fact gives what an entry of it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import evolve

from portalkit.facts import (
    Entry,
    LinkChanged,
    LinkIssued,
    LinkRequested,
    LinkRevoked,
    LinkRotated,
    PersonAdded,
    PersonChanged,
    PersonRedacted,
)
from portalkit.fold.changes import Changes, put
from portalkit.fold.files import nameless
from portalkit.fold.news import waiting
from portalkit.model import (
    Approval,
    Link,
    Person,
    Project,
    Question,
)

__all__ = [
    "FORMER_NONCES_KEPT",
    "link_changed",
    "link_issued",
    "link_requested",
    "link_revoked",
    "link_rotated",
    "person_added",
    "person_changed",
    "person_redacted",
]

FORMER_NONCES_KEPT: Final = 5


def person_added(project: Project, entry: Entry, fact: PersonAdded) -> Changes:
    person = Person(
        id=entry.subject,
        side=fact.side,
        name=fact.name,
        email=fact.email,
        role=fact.role,
        locale=fact.locale,
        zone=fact.zone,
        ref=fact.ref,
    )
    return {"people": put(project.people, person)}


def person_changed(project: Project, entry: Entry, fact: PersonChanged) -> Changes:
    person = project.people.get(entry.subject)
    if person is None:
        return {}
    changed = evolve(
        person,
        name=fact.name,
        email=fact.email,
        role=fact.role,
        locale=fact.locale,
        zone=fact.zone,
    )
    return {"people": put(project.people, changed)}


def person_redacted(project: Project, entry: Entry, fact: PersonRedacted) -> Changes:
    """Forget a person in the fold too, so that it equals a replay of the emptied rows."""
    gone = entry.subject
    people = {
        id: evolve(p, name="", email="", ref="") if id == gone else p
        for id, p in project.people.items()
    }
    links = {
        id: evolve(link, nonce="", former=()) if link.person == gone else link
        for id, link in project.links.items()
    }
    approvals = {id: _nameless(approval, gone) for id, approval in project.approvals.items()}
    files = {id: nameless(f) if f.handed_in_by == gone else f for id, f in project.files.items()}
    questions = {id: _wordless(question, gone) for id, question in project.questions.items()}
    news = tuple(evolve(n, people=tuple(p for p in n.people if p != gone)) for n in project.news)
    return {
        "people": people,
        "links": links,
        "approvals": approvals,
        "files": files,
        "questions": questions,
        "news": waiting(news, project.subscriptions),
    }


def _wordless(question: Question, person: str) -> Question:
    """Forget the words of who asked; answers are the agency's, and stay."""
    if question.person != person:
        return question
    remarks = tuple(evolve(r, text="") if r.by == person else r for r in question.remarks)
    return evolve(question, remarks=remarks)


def _nameless(approval: Approval, person: str) -> Approval:
    decisions = tuple(
        evolve(d, comment="", typed_name="") if d.person == person else d
        for d in approval.decisions
    )
    return approval if decisions == approval.decisions else evolve(approval, decisions=decisions)


def link_issued(project: Project, entry: Entry, fact: LinkIssued) -> Changes:
    old = project.links.get(entry.subject)
    link = Link(
        id=entry.subject,
        person=fact.person,
        scopes=frozenset(fact.scopes),
        nonce=fact.nonce,
        issued_at=entry.at,
        expires_at=fact.expires_at,
        former=_former(old),
    )
    return {"links": put(project.links, link)}


def link_rotated(project: Project, entry: Entry, fact: LinkRotated) -> Changes:
    return _on_link(
        project,
        entry,
        lambda link: evolve(link, nonce=fact.nonce, former=_former(link), issued_at=entry.at),
    )


def link_changed(project: Project, entry: Entry, fact: LinkChanged) -> Changes:
    return _on_link(
        project,
        entry,
        lambda link: evolve(link, scopes=frozenset(fact.scopes), expires_at=fact.expires_at),
    )


def link_revoked(project: Project, entry: Entry, fact: LinkRevoked) -> Changes:
    return _on_link(project, entry, lambda link: evolve(link, revoked_at=entry.at))


def link_requested(project: Project, entry: Entry, fact: LinkRequested) -> Changes:
    return _on_link(project, entry, lambda link: evolve(link, requested_at=entry.at))


def _on_link(project: Project, entry: Entry, change: Callable[[Link], Link]) -> Changes:
    link = project.links.get(entry.subject)
    if link is None:
        return {}
    return {"links": put(project.links, change(link))}


def _former(link: Link | None) -> tuple[str, ...]:
    if link is None:
        return ()
    return tuple(n for n in (link.nonce, *link.former) if n)[:FORMER_NONCES_KEPT]
