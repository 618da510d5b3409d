"""Sentences: the four answers, what is known of visits, why somebody can see a thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from portalkit.language import N_, Language
from portalkit.model import (
    Answers,
    Milestone,
    Person,
    Project,
    ProjectStatus,
    Side,
)
from portalkit.pages.values import Reader, Sentence
from portalkit.portal import Downloaded, Seen
from portalkit.rules import Visibility, Why

__all__ = [
    "NAMES_SHOWN",
    "REASONS",
    "download_sentence",
    "seen_sentences",
    "sentence",
    "staff_sentence",
    "visibility_sentence",
]

NAMES_SHOWN: Final = 3


def sentence(project: Project, answers: Answers, reader: Reader, waiting: int) -> Sentence:
    """Return the four answers in words.

    Args:
        project: the project as the reader may see it.
        answers: its four answers.
        reader: whose language and day count.
        waiting: how many things wait for the reader: decisions, and files to hand in.
    """
    say = reader.language
    if waiting:
        lead = say.plural(
            "One thing waits for you.",
            "{number} things wait for you.",
            waiting,
            number=say.count(waiting),
        )
    else:
        lead = say.text("Nothing waits for you.")
    return Sentence(lead, _standing(project, answers, reader))


def staff_sentence(project: Project, language: Language, now: int) -> Sentence:
    """Return the four answers in words for the agency: what waits for the client comes first."""
    if project.status is ProjectStatus.ARCHIVED:
        return Sentence(language.text("The project is archived."), "")
    answers = project.answers
    leads = [*_undecided(answers, language), *_awaited(answers, language)]
    lead = " ".join(leads) or language.text("No decision is open.")
    reader = Reader(Person("", Side.AGENCY, ""), language, now)
    return Sentence(lead, _standing(project, answers, reader))


def _undecided(answers: Answers, say: Language) -> list[str]:
    count = len(answers.needs_decision)
    if not count:
        return []
    return [
        say.plural(
            "One decision waits for the client.",
            "{number} decisions wait for the client.",
            count,
            number=say.count(count),
        )
    ]


def _awaited(answers: Answers, say: Language) -> list[str]:
    count = len(answers.needs_files)
    if not count:
        return []
    return [
        say.plural(
            "One file is awaited from the client.",
            "{number} files are awaited from the client.",
            count,
            number=say.count(count),
        )
    ]


def _standing(project: Project, answers: Answers, reader: Reader) -> str:
    say = reader.language
    if project.status in _STANDING:
        return say.text(_STANDING[project.status])
    if not project.milestones:
        return say.text("The first milestone will stand here soon.")
    clauses = [
        *_completed(answers.completed, reader),
        *_in_progress(answers.in_progress, say),
        *_next(answers.next, reader),
    ]
    if len(answers.completed) == len(project.milestones):
        return say.plural(
            "The milestone is completed.",
            "All {count} milestones are completed.",
            len(answers.completed),
        )
    return _joined(clauses, say)


_STANDING: Final[Mapping[ProjectStatus, str]] = {
    ProjectStatus.ON_HOLD: N_("The project is on hold."),
    ProjectStatus.COMPLETED: N_("The project is completed."),
    ProjectStatus.ARCHIVED: N_("The project is archived."),
}
"""What is said of a project that does not go on, instead of what is in progress and comes next."""


def _completed(completed: Sequence[Milestone], reader: Reader) -> list[str]:
    last = max(completed, key=lambda m: m.completed_at or 0, default=None)
    if last is None:
        return []
    say = reader.language
    day = say.long_day(last.completed_at or 0, reader.now)
    return [say.text("{milestone} was completed on {day}", milestone=_named(last, say), day=day)]


def _in_progress(milestones: Sequence[Milestone], say: Language) -> list[str]:
    if not milestones:
        return []
    names = [_named(m, say) for m in milestones[:NAMES_SHOWN]]
    more = len(milestones) - len(names)
    if more:
        names.append(say.plural("one more", "{count} more", more))
    return [
        say.plural(
            "{milestones} is in progress",
            "{milestones} are in progress",
            len(milestones),
            milestones=say.listed(names),
        )
    ]


def _next(milestones: Sequence[Milestone], reader: Reader) -> list[str]:
    if not milestones:
        return []
    first, say = milestones[0], reader.language
    if first.starts is None:
        return [say.text("{milestone} comes next", milestone=_named(first, say))]
    day = say.long_day(first.starts, reader.now)
    return [say.text("{milestone} comes next on {day}", milestone=_named(first, say), day=day)]


def _named(milestone: Milestone, say: Language) -> str:
    return say.context("milestone in a sentence", "{milestone}", milestone=milestone.title)


def _joined(clauses: Sequence[str], say: Language) -> str:
    match clauses:
        case [one]:
            return say.text("{clause}.", clause=one)
        case [one, two]:
            return say.text("{one}, and {two}.", one=one, two=two)
        case [one, two, three]:
            return say.text("{one}, {two}, and {three}.", one=one, two=two, three=three)
    return ""


# -- visits -------------------------------------------------------------------------------------


def seen_sentences(seen: Seen, language: Language, now: int) -> tuple[str, ...]:
    """Return what is known of a client's visits, and never more than is known: one sentence for each thing.

    Args:
        seen: what the access log knows.
        language: of the sentences.
        now: UTC milliseconds.
    """
    acted, opened = seen.seen_at, seen.fetched_at
    said = []
    if acted is not None:
        said.append(
            language.text(
                "Somebody with {name}’s link acted on the page on {when}.",
                name=seen.person.name,
                when=language.moment(acted, now),
            )
        )
    if opened is not None:
        when = language.moment(opened, now)
        said.append(
            language.text("The link was opened by a machine or a person on {when}.", when=when)
        )
    if acted is None:
        said.append(language.text("No sign that anybody has looked yet."))
    return tuple(said)


def download_sentence(downloaded: Downloaded, language: Language, now: int) -> str:
    """Return what is known of a download: that the bytes went out to the end, and not who read them."""
    return language.text(
        "{name}, version {number}, was downloaded with the link on {when}.",
        name=downloaded.name,
        number=downloaded.version,
        when=language.moment(downloaded.at, now),
    )


# -- why ----------------------------------------------------------------------------------------

REASONS: Final[Mapping[Why, str]] = {
    Why.UNKNOWN: N_("There is no such thing in this project."),
    Why.STAFF: N_("Staff see everything."),
    Why.ERASED: N_("The personal data were erased, and no link of this person opens anything."),
    Why.SHARED: N_("The milestone is shown to clients."),
    Why.INTERNAL: N_("The milestone is internal."),
    Why.NO_LINK: N_("No link was issued."),
    Why.LINK_ACTIVE: N_("The link is active."),
    Why.LINK_EXPIRED: N_("The link has expired."),
    Why.LINK_REVOKED: N_("The link was revoked."),
    Why.NO_DOWNLOADS: N_("The link does not allow downloads."),
    Why.WITHDRAWN: N_("This version was withdrawn."),
    Why.QUARANTINED: N_("This version is being checked."),
}
"""Why somebody can or cannot see a thing, reason by reason."""


def visibility_sentence(visibility: Visibility, language: Language) -> str:
    """Return whether somebody can see a thing at the moment, and why, in words.

    Args:
        visibility: what `Desk.why_visible` gave.
        language: of the sentences.
    """
    if visibility.opens:
        lead = N_("{name} can see this.")
    elif visibility.visible:
        lead = N_("{name} sees that this is there and cannot open it.")
    else:
        lead = N_("{name} cannot see this.")
    name = visibility.person.name or language.text("Somebody whose name was erased")
    reasons = (language.text(REASONS[why]) for why in visibility.reasons)
    return " ".join((language.text(lead, name=name), *reasons))
