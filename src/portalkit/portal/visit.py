"""The visit: what a client's link opens, and everything that a client can do.

A visit is bound to one project, one person and their scopes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from portalkit import clean, rules
from portalkit.errors import NotFound, ReplacedLink, StoreError
from portalkit.facts import ApprovalDecided, Line
from portalkit.model import (
    Decision,
    File,
    Link,
    NoticeMode,
    Outcome,
    Person,
    Question,
    Scope,
    new_id,
)
from portalkit.portal.download import Download, find_download
from portalkit.portal.ledger import State
from portalkit.portal.looking import Looking
from portalkit.portal.things import Thing, derived_id, id_of
from portalkit.portal.upload import HandingIn, allowance_of
from portalkit.rules import DAY_MS, Allowance, Circumstances, Delivered
from portalkit.storage import Readable

if TYPE_CHECKING:
    from portalkit.portal import Portal

__all__ = ["Visit"]

_log = logging.getLogger("portalkit.visit")


class Visit(Looking):
    """A client's view of one project, and all that they can do in it.  Made by `Portal.visit`.

    Attributes:
        person: who visits.
        link: the link they hold.
        project: the project as this person may see it.
        chain: the place in the log that ``project`` stands at.
        recognised: how the person was recognised: ``link`` or ``host``.
    """

    def __init__(
        self, portal: Portal, state: State, person: Person, link: Link, *, recognised: str
    ) -> None:
        super().__init__(portal, state, person, link.scopes)
        self.link = link
        self.recognised = recognised

    @property
    def notice_mode(self) -> NoticeMode:
        """What the person wants to be told by mail."""
        return self._state.project.subscription_of(self.person.id).mode

    def download(self, file: Thing, number: int) -> Download:
        """Return one version of a file, ready to be read.

        Args:
            file: the file or its id.
            number: the number of the version, from 1.

        Raises:
            NotAllowed: the link has no scope ``download``.
            NotFound: no such file or version here.
            Withdrawn: staff took this version back.
            Quarantined: it is kept back until staff release it.
        """
        rules.require(self._state.project, self.scopes, Scope.DOWNLOAD)
        return find_download(self._portal, self._state.project.id, self._file(file), number)

    def opened(self) -> tuple[str, ...]:
        """Return which file versions the access log says this link has downloaded to their end."""
        try:
            accesses = self._portal.access.of(self._state.project.id)
        except StoreError:
            _log.warning("the access log could not be read", exc_info=True)
            return ()
        mine = (a.what for a in accesses if a.link == self.link.id)
        return tuple(sorted({w.removeprefix("file:") for w in mine if w.startswith("file:")}))

    def note(self, what: str) -> None:
        """Tell the access log what this link was used for; a page never fails over it.

        Args:
            what: ``fetched``, ``seen``, or ``file:<file>/<version>`` for a download.

        Raises:
            Invalid: this is no text.
        """
        clean.text(what, "what")  # else what reads the log could not
        try:
            self._portal.access.record(
                self._state.project.id, self.link.id, what, self._portal.clock()
            )
        except StoreError:
            _log.warning("the access log could not be written", exc_info=True)

    # -- deciding -------------------------------------------------------------------------------

    def decide(
        self,
        approval: Thing,
        outcome: Outcome | str,
        *,
        manifest: str,
        typed_name: str,
        comment: str = "",
        circumstances: Circumstances | None = None,
    ) -> Decision:
        """Record this person's decision about exactly what they were shown.

        Args:
            approval: the request.
            outcome: what was decided; a request for changes and a refusal need a comment.
            manifest: the digest that the page showed (``Approval.manifest``).
            typed_name: the name the person typed.
            comment: their words.
            circumstances: how the decision came about, for the evidence.

        Returns:
            The decision on record.  The same decision given twice, word for word, is one decision.

        Raises:
            NotAllowed: the link has no scope ``decide``, or somebody else was asked.
            NotFound: no such request here.
            Outdated: it is superseded, void or closed, decided otherwise before, recorded by staff, or shows
                another subject.
            Invalid: the comment or name is missing or unusable.
        """
        seen = circumstances or Circumstances()
        fact = ApprovalDecided(
            person=self.person.id,
            outcome=clean.choice(Outcome, outcome, "outcome"),
            manifest=manifest,
            link=self.link.id,
            recognised=self.recognised,
            confirmed=seen.confirmed,
            locale=seen.locale or self.locale,
            served_at=seen.served_at,
            opened=self._opened_of(approval),
            software=_software(),
            comment=comment,
            typed_name=typed_name,
            sentence=seen.sentence,
            session=seen.session,
            address=seen.address,
            user_agent=seen.user_agent,
        )
        self._write(
            Scope.DECIDE,
            lambda visit: rules.decide(visit._state.project, visit.approval(approval), fact),
        )
        made = self.approval(approval).decision_of(self.person.id)
        assert made is not None
        return made

    def _write(self, scope: Scope, lines: Callable[[Visit], Sequence[Line]]) -> None:
        """Write what the rules give for this visit on the newest state, if its link still allows that."""

        def run(state: State | None) -> tuple[str, Sequence[Line]]:
            visit = self._renewed(state)
            rules.require(visit._state.project, visit.scopes, scope)
            return visit.person.id, lines(visit)

        written = self._portal.ledger.write(self._state.project.id, run, checked=self._state)
        self._state = written.state
        self._portal.announce(written)

    def _renewed(self, state: State | None) -> Visit:
        """Return this visit on a newer state, with the link checked again."""
        link = state.project.links.get(self.link.id) if state else None
        if state is None or link is None:
            raise NotFound("the project was erased")
        if link.nonce != self.link.nonce:
            raise ReplacedLink("this link was replaced", remedy="Use the newest", link=link.id)
        rules.admit(link, self._portal.clock())
        return Visit(
            self._portal,
            state,
            state.project.people[link.person],
            link,
            recognised=self.recognised,
        )

    def _opened_of(self, approval: Thing) -> tuple[str, ...]:
        files = {f"{item.file}/{item.version}" for item in self.approval(approval).files}
        return tuple(what for what in self.opened() if what in files)

    # -- being told -----------------------------------------------------------------------------

    def choose_notices(self, mode: NoticeMode | str) -> None:
        """Choose what this person is told by mail; no scope is needed, and an archived project takes it too.

        Args:
            mode: everything, only what needs a decision, or a digest each day or week.

        Raises:
            Invalid: there is no such mode.
            OverQuota: the person has chosen twenty times within 24 hours.
            LinkGone: the link has expired or was revoked or replaced in the meantime.
        """
        self._write(
            Scope.VIEW,
            lambda visit: rules.choose_notices(
                visit._state.project, visit.person.id, mode, left=visit._choices_left()
            ),
        )

    def _choices_left(self) -> int:
        id, since = self.person.id, self._portal.clock() - DAY_MS
        found = self._portal.ledger.recent(
            self._state.project.id, since, kinds={"notices.chosen"}, subject=id
        )
        return rules.choices_left(found, person=id, since=since)

    # -- handing in -----------------------------------------------------------------------------

    @property
    def allowance(self) -> Allowance:
        """What the link may still hand in, by what the log says of the last 24 hours."""
        return allowance_of(self._portal, self._state.project.id, self.link.id)

    def upload(
        self,
        milestone: Thing,
        files: Iterable[tuple[str, Readable]],
        *,
        request: Thing | None = None,
        note: str = "",
        once: str = "",
    ) -> tuple[File, ...]:
        """Hand files in together: all of them are in the log afterwards, or none.

        Args:
            milestone: where they belong.
            files: pairs of a name and a stream, which is read to its end.
            request: the request for a file that they answer.
            note: what the person says about them.
            once: an id of this attempt; the same files sent again with it are handed in once.

        Returns:
            The files as they stand, also those that were there before.

        Raises:
            NotAllowed: the link has no scope ``upload``, or the project takes nothing any more.
            NotFound: no such milestone or request here.
            Outdated: the request was withdrawn.
            Invalid: there is no file, the note is too long, or the request is of another milestone.
            TooLarge: a file is larger than one may be, or there are too many at once.
            OverQuota: the link has handed in as much as it may within 24 hours.
            Vetoed: the host's inspection refused one of them.
            FileError: the bytes could not be kept, or the inspection failed.
        """

        def lines(state: State | None, taken: Mapping[str, Delivered]) -> list[Line]:
            visit = self._renewed(state)
            rules.require(visit._state.project, visit.scopes, Scope.UPLOAD)
            return rules.hand_in(
                visit._state.project,
                taken,
                milestone=visit.milestone(milestone).id,
                link=visit.link.id,
                left=visit.allowance,
                request=visit.request(request) if request else None,
                note=note,
            )

        attempt = f"{once or new_id()} {id_of(request) if request else ''}"
        coming = HandingIn(self._portal, self, self.milestone(milestone), attempt, lines)
        written, ids = coming.run(files)
        self._state = written.state
        self._portal.announce(written)
        return tuple(self._state.project.files[id] for id in ids)

    # -- asking ---------------------------------------------------------------------------------

    def ask(
        self, milestone: Thing, text: str, *, about: Thing | None = None, once: str = ""
    ) -> Question:
        """Ask the agency something, where it belongs; everybody who sees the milestone reads it.

        Args:
            milestone: the milestone that it is about.
            text: the question.
            about: a file, an approval or an update of that milestone, if it is about one.
            once: an id of this attempt; the same question sent again with it is asked once, and another is
                another question.

        Raises:
            NotAllowed: the link has no scope ``comment``, or the project takes nothing any more.
            NotFound: no such milestone or thing here.
            Invalid: there is no text, it is too long, or the thing is of another milestone.
            OverQuota: the link has asked as much as it may within 24 hours.
        """
        place = (id_of(milestone), id_of(about) if about else "")
        attempt = (self.link.id, once or new_id(), *place, ascii(text))
        id = derived_id("portalkit.question.2", *attempt)

        def lines(visit: Visit) -> list[Line]:
            if once and visit._entries_about(id):
                return []
            return rules.ask_question(
                visit._state.project,
                id,
                text,
                milestone=visit.milestone(milestone).id,
                link=visit.link.id,
                left=visit._questions_left(),
                about=id_of(about) if about else "",
                about_milestone=visit.subject(about).milestone if about else "",
            )

        return self._asked(id, lines)

    def ask_further(self, question: Thing, text: str) -> Question:
        """Ask further in one's own question; the same words twice in a row are said once.

        Args:
            question: the question.
            text: what else is to be known.

        Raises:
            NotAllowed: the link has no scope ``comment``, it is somebody else's question, or the project
                takes nothing any more.
            NotFound: no such question here.
            Invalid: there is no text, or it is too long.
            OverQuota: the link has asked as much as it may within 24 hours.
        """

        def lines(visit: Visit) -> list[Line]:
            return rules.ask_further(
                visit.question(question),
                text,
                person=visit.person.id,
                link=visit.link.id,
                left=visit._questions_left(),
            )

        return self._asked(id_of(question), lines)

    def recap(self) -> None:
        """Say that the page does not answer "where are we?"; it counts once in 24 hours.

        Raises:
            NotAllowed: the project is archived.
        """
        self._write(
            Scope.VIEW,
            lambda visit: rules.ask_recap(
                visit._state.project,
                visit.person.id,
                link=visit.link.id,
                now=visit._portal.clock(),
            ),
        )

    def _asked(self, question: str, lines: Callable[[Visit], list[Line]]) -> Question:
        self._write(Scope.COMMENT, lines)
        return self.question(question)

    def _questions_left(self) -> int:
        since = self._portal.clock() - DAY_MS
        found = self._portal.ledger.recent(self._state.project.id, since, kinds={"question.asked"})
        return rules.questions_left(found, link=self.link.id, since=since)


@cache
def _software() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes a while, so not before

    try:
        return f"portalkit {version('portalkit-sdk')}"
    except PackageNotFoundError:
        return "portalkit"
