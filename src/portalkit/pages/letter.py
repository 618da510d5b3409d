"""The letter: a notice in words, for one reader.  Headlines only, and nothing that mail programs link."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from portalkit.language import N_
from portalkit.model import Activity, Approval, FileRequest, Outcome, Side
from portalkit.notices.values import Notice
from portalkit.pages.history import history_lines
from portalkit.pages.values import Line, Reader
from portalkit.pages.views import project_page
from portalkit.pages.wording import staff_sentence

__all__ = ["ITEMS_SHOWN", "WORDS", "Item", "Letter", "letter", "unlinked"]

ITEMS_SHOWN: Final = 5
"""How many things a letter names beside its headline: it has to fit on the screen of a phone."""

TITLE, THING, SENTENCE = 50, 80, 280
"""How many characters of a project's title, of a thing's, and of the sentence are told."""

LISTED, NAMED = 48, 24
"""How many of a thing's title and of a name or milestone's where several things are listed."""


@frozen
class Words:
    """What is said about a kind of news.

    Attributes:
        headline: the subject and the heading; knows ``{thing}``, ``{actor}``, ``{number}`` and ``{outcome}``.
        lead: one sentence more, or empty.
        button: what the button says.
    """

    headline: str
    lead: str = ""
    button: str = N_("Open the project")


_DECIDED: Final = Words(N_("{outcome}: {thing}"), button=N_("See the decision"))

WORDS: Final[Mapping[str, Words]] = {
    "update.posted": Words(N_("News: {thing}"), button=N_("Read it")),
    "file.added": Words(N_("New file: {thing}"), button=N_("See the file")),
    "file.version": Words(N_("New version {number}: {thing}"), button=N_("See the file")),
    "file.withdrawn": Words(
        N_("Withdrawn: {thing}, version {number}"),
        N_("It was taken back. Please do not use copies of it."),
        N_("See where it stands"),
    ),
    "file.delivered": Words(N_("Handed in: {thing}"), button=N_("See the file")),
    "milestone.completed": Words(N_("Completed: {thing}"), button=N_("See what was done")),
    "milestone.reopened": Words(N_("Open again: {thing}"), button=N_("See where it stands")),
    "project.status active": Words(N_("The project goes on")),
    "project.status on_hold": Words(N_("The project is on hold")),
    "project.status completed": Words(N_("The project is completed")),
    "project.status archived": Words(
        N_("The project is archived"), N_("Everything can still be read.")
    ),
    "request.made": Words(N_("A file is needed from you: {thing}"), button=N_("Hand it in")),
    "request.fulfilled": Words(
        N_("It is there: {thing}"), N_("What was asked for was handed in."), N_("See the files")
    ),
    "request.withdrawn": Words(
        N_("No longer needed: {thing}"),
        N_("Nothing needs to be handed in for this any more."),
        N_("See where it stands"),
    ),
    "approval.requested": Words(
        N_("Your decision is needed: {thing}"),
        N_("Nothing counts until you have read it and confirmed it."),
        N_("Review and decide"),
    ),
    "approval.decided": _DECIDED,
    "approval.decided by the reader": Words(
        _DECIDED.headline, N_("This is your receipt: your decision is on record."), _DECIDED.button
    ),
    "approval.superseded": Words(
        N_("Replaced: {thing}"),
        N_("A newer request took its place. On this one nothing has to be decided any more."),
        N_("See what changed"),
    ),
    "approval.voided": Words(
        N_("Called off: {thing}"),
        N_("Nothing has to be decided any more."),
        N_("See the request"),
    ),
    "question.asked": Words(N_("A question about {thing}"), button=N_("Read and answer")),
    "question.answered": Words(
        N_("The answer to your question about {thing}"), button=N_("Read the answer")
    ),
    "question.closed": Words(
        N_("Your question about {thing} was closed"), button=N_("See the question")
    ),
    "question.reopened": Words(
        N_("Your question about {thing} is open again"), button=N_("See the question")
    ),
    "recap.asked": Words(
        N_("{actor} asks where the project stands"), N_("An update is the best answer.")
    ),
    "link.issued": Words(
        N_("Your link to the project"),
        N_("It opens the project for you alone, without a password. Please keep this mail."),
    ),
    "link.rotated": Words(
        N_("Your new link to the project"),
        N_(
            "It takes the place of the older one, which opens nothing any more. Please keep this mail."
        ),
    ),
    "link.requested": Words(
        N_("Your link to the project, once more"),
        N_(
            "Somebody asked for it at the door of the project. If it was not you, nothing else happened."
        ),
    ),
    "link.requested by a client": Words(
        N_("{thing} asks for access"),
        N_(
            "The link opens nothing at the moment. Extend it or issue it again, and it is mailed by itself."
        ),
    ),
    "link.revoked": Words(
        N_("Your link to the project was closed"),
        N_("It opens nothing any more. If you still need access, ask the agency."),
    ),
    "reminder.nudged": Words(
        N_("Reminder: {thing}"), N_("It still waits for you."), N_("Have a look")
    ),
    "reminder": Words(N_("Reminder: {thing}"), N_("It still waits for you."), N_("Have a look")),
    "digest": Words(""),
    "catch_up": Words("", N_("For a while no mail could be sent; this is all of it in one.")),
}
"""What is said about each kind of news, and in reminders, digests and after downtime."""

OTHER: Final = Words(N_("There is news"))


@frozen
class Item:
    """One more thing that a letter names.

    Attributes:
        headline: what happened.
        where: by whom, where and when.
    """

    headline: str
    where: str


@frozen(kw_only=True)
class Letter:
    """A notice in words.  No text holds markup, a line break, or an address that a mail program would link.

    Attributes:
        notice: the notice.
        subject: one line for the header, the project's title first.
        project: the project's title.
        client: the name of the client.
        headline: what it is about.
        where: by whom, where and when, or empty.
        due: until when, with the time zone, or empty.
        late: whether that is over.
        lead: one sentence more, or empty.
        items: further things, the most important first.
        more: how many things are not named.
        sentence: the four answers in words; empty for somebody who has no access any more.
        button: what the button says.
        url: where the button leads; without one there is no button.
        preferences: where the person chooses what they are told, or empty.
    """

    notice: Notice
    subject: str
    project: str
    client: str
    headline: str
    where: str = ""
    due: str = ""
    late: bool = False
    lead: str = ""
    items: tuple[Item, ...] = ()
    more: int = 0
    sentence: str = ""
    button: str = ""
    url: str = ""
    preferences: str = ""


def letter(notice: Notice, reader: Reader, *, preferences: str = "") -> Letter:
    """Return a notice in words.

    Args:
        notice: what one person is told.
        reader: the same person, with their language, at the moment of the notice.
        preferences: where they choose what they are told, or empty.
    """
    say, kind = reader.language, _leading(notice)
    lines = history_lines(notice.project, notice.news, reader, len(notice.news))
    asked = _asked(notice, kind)
    if kind in _COLLECTIONS:
        words, told = WORDS[kind], lines
        headline = say.plural("One thing is new", "{count} things are new", len(lines))
        where = ""
    else:
        words, told = _words(kind, notice.news[:1], reader), lines[1:]
        headline = _headline(words, _thing(lines, asked), lines, reader)
        where = _where(lines[0], reader) if lines else _place(notice)
    title = short(notice.project.title, TITLE)
    lead = WORDS[notice.kind].lead if notice.kind in _COLLECTIONS else words.lead
    return Letter(
        notice=notice,
        subject=f"{title} · {headline}",
        project=unlinked(title),
        client=unlinked(short(notice.project.client_name, TITLE)),
        headline=unlinked(headline),
        where=unlinked(where),
        due=_due(asked, reader),
        late=asked is not None and reader.late(asked.due),
        lead=say.text(lead) if lead else "",
        items=tuple(_item(line, reader) for line in told[:ITEMS_SHOWN]),
        more=max(0, len(told) - ITEMS_SHOWN),
        sentence="" if notice.kind == "link.revoked" else unlinked(_sentence(notice, reader)),
        button=say.text(_button(words, kind, asked)) if notice.url else "",
        url=notice.url,
        preferences=preferences,
    )


_COLLECTIONS: Final = ("digest", "catch_up")
_REMINDERS: Final = ("reminder", "reminder.nudged")
_OF_ASKED: Final = (*_REMINDERS, "approval.requested", "request.made")


def _leading(notice: Notice) -> str:
    """The kind that a letter speaks of: what is needed of the reader is not hidden by all that is new."""
    first = notice.news[0].kind if notice.news else ""
    return first if notice.kind in _COLLECTIONS and first in _OF_ASKED else notice.kind


def _words(kind: str, news: Sequence[Activity], reader: Reader) -> Words:
    detail, _, person = news[0].detail.partition(" ") if news else ("", "", "")
    if kind == "approval.decided" and person == reader.person.id:
        return WORDS["approval.decided by the reader"]
    if kind == "link.requested" and reader.person.side is Side.AGENCY:
        return WORDS["link.requested by a client"]
    return WORDS.get(f"{kind} {detail}") or WORDS.get(kind, OTHER)


def _headline(words: Words, thing: str, lines: Sequence[Line], reader: Reader) -> str:
    say = reader.language
    detail = lines[0].activity.detail.partition(" ")[0] if lines else ""
    outcome = say.label(Outcome(detail)) if detail in list(Outcome) else ""
    actor = short(lines[0].actor, TITLE) if lines else ""
    return say.text(words.headline, thing=thing, actor=actor, number=detail, outcome=outcome)


def _thing(lines: Sequence[Line], asked: Approval | FileRequest | None) -> str:
    return short(lines[0].thing if lines else asked.title if asked else "", THING)


def _item(line: Line, reader: Reader) -> Item:
    words = _words(line.activity.kind, (line.activity,), reader)
    headline = _headline(words, short(line.thing, LISTED), (line,), reader)
    return Item(unlinked(headline), unlinked(_where(line, reader, NAMED)))


def _where(line: Line, reader: Reader, length: int = TITLE) -> str:
    """By whom, in which milestone and when; nobody in particular is not named."""
    known = not line.activity.kind.startswith("link.") and line.activity.actor
    named = line.milestone and line.milestone.title != line.thing
    parts = (
        short(line.actor, length) if known else "",
        short(line.milestone.title, length) if line.milestone and named else "",
        reader.language.moment(line.activity.at, reader.now),
    )
    return " · ".join(part for part in parts if part)


def _place(notice: Notice) -> str:
    milestone = notice.project.milestones.get(notice.milestone)
    return short(milestone.title, TITLE) if milestone else ""


def _asked(notice: Notice, kind: str) -> Approval | FileRequest | None:
    """What the reader is asked for, if the letter speaks of that."""
    if kind not in _OF_ASKED:
        return None
    project = notice.project
    return project.approvals.get(notice.about) or project.requests.get(notice.about)


def _due(asked: Approval | FileRequest | None, reader: Reader) -> str:
    if asked is None or asked.due is None:
        return ""
    say = reader.language
    return say.text("{due} ({zone})", due=say.due(asked.due, reader.now), zone=say.due_zone)


def _button(words: Words, kind: str, asked: Approval | FileRequest | None) -> str:
    if kind in _REMINDERS and asked is not None:
        return WORDS[_REQUESTS[type(asked)]].button
    return words.button


_REQUESTS: Final = {Approval: "approval.requested", FileRequest: "request.made"}


def _sentence(notice: Notice, reader: Reader) -> str:
    if notice.person.side is Side.AGENCY:
        found = staff_sentence(notice.project, reader.language, reader.now)
    else:
        found = project_page(notice.project, reader).sentence
    return short(str(found), SENTENCE)


# -- words of people ----------------------------------------------------------------------------

_INVISIBLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]+"
)


def short(text: str, length: int) -> str:
    """Return a text as one line without what cannot be seen, cut where it is too long."""
    line = " ".join(_INVISIBLE.sub(" ", text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


_LINKED: Final = re.compile(
    r"(?<=\S)(?=[.\u3002\uff0e\uff61][^\W\d_])"  # evil.example
    r"|:(?=[/\\])|(?<=[^\W\d_]):(?=\S)"  # https://..., mailto:...
    r"|(?<=\S)@(?=\S)"  # who@evil.example
    r"|(?<=\d)(?=\.\d+\.\d)"  # 192.0.2.1
    r"|(?<=\w)(?=//)"
)


def unlinked(text: str) -> str:
    """Return a text in which no mail program finds an address to link: names and titles are not ours.

    Args:
        text: any text; a space without width goes where an address would hold together.
    """
    return _LINKED.sub(lambda found: f"{found[0]}\u200b", text)
