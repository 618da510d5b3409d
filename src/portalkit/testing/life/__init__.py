"""Generated lives of projects on a store, compared with a small model; needs hypothesis.

Updates, files, decisions, questions, links, redaction, erasure come in any order.  The process dies in
the midst of writing and opens its data again.  After each step every project verifies, and the portal
answers as the model does.  Subclass `Life` with your store::

    class LifeInAFolder(Life):
        def open(self, folder):
            return FolderStore(folder)

    TestLife = LifeInAFolder.TestCase
    TestLife.settings = LIFE
"""

from __future__ import annotations

import io
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from ...errors import NotAllowed, Outdated, PortalError
from ...model import CLIENT, READER, Outcome
from ...portal import Visit
from .checks import Checked
from .machine import DAY, PICK, STAFF, only, step
from .model import Ask, File, Link, Person, Project, Question

__all__ = ["LIFE", "Life"]

LIFE: Final = settings(
    max_examples=15,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""How much is tried: the same stories at every run, some seconds for a store on a disk."""


class Life(Checked):
    """Lives of projects on a store; override ``open``, which gives the store of a folder.

    Attributes:
        durable: what is committed outlives the process; otherwise only the portal is made anew.
    """

    @rule()
    def open_again(self) -> None:
        self._reopen()

    @rule(days=st.sampled_from([0.0, 0.5, 3.0]))
    def wait(self, days: float) -> None:
        self._clock.advance(days=days)

    # -- projects -------------------------------------------------------------------------------

    @initialize()
    def first(self) -> None:
        self.open_project()

    @precondition(lambda self: len(self._model) < 2)
    @rule()
    def open_project(self) -> None:
        """With two clients who have links, a file, and a request that waits for both."""
        id = f"p{self._count}"
        names = [self._new("Anna"), self._new("Bob")]
        title, data = self._new("Ask"), self._new("file").encode()
        people: list[str] = []
        made: list[str] = []

        def act() -> None:
            with self._portal.desk(STAFF).open(id, client="Acme", id=id, ref=id) as change:
                design = change.add_milestone("Design").start()
                build = change.add_milestone("Build")
                people.extend(change.add_person(name).id for name in names)
                for person in people:
                    change.issue_link(person)
                file = change.add_file(design, io.BytesIO(data), name="a.txt", purpose="Look")
                ask = change.request_approval(design, title, files=[file], people=people)
                made.extend((design.id, build.id, file.id, ask.id))

        project = Project({}, {})
        if self._write(id, project, act):
            design, build, file, ask = made
            project.milestones = {design: "in_progress", build: "planned"}
            for person, name in zip(people, names, strict=True):
                project.people[person] = Person(name, Link([self._token(id, person)]))
            project.files[file] = File([data])
            manifest = self._portal.project(id).approvals[ask].manifest
            project.asks[ask] = Ask(ask, title, people, {file: 1}, True, manifest)

    @step(pick=PICK)
    def erase_project(self, pick: int) -> None:
        id, project = self._project(pick)
        only(pick % 5 == 0)  # or nobody grows old
        if self._write(id, None, lambda: self._portal.care.erase(id)):
            for key in list(self._files.keys(id)):  # a crash came between the log and its bytes
                self._files.delete(key)
            self._erased.append(id)
            links = (person.link for person in project.people.values())
            self._dead_tokens += [token for link in links if link for token in link.tokens]

    # -- milestones and updates -----------------------------------------------------------------

    @step(pick=PICK, which=PICK)
    def move_milestone(self, pick: int, which: int) -> None:
        id, project = self._project(pick)
        milestone = self._chosen(project.milestones, which)
        done = {"planned": "in_progress", "in_progress": "completed", "completed": "in_progress"}
        was = project.milestones[milestone]
        project.milestones[milestone] = done[was]

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                if was == "planned":
                    change.start(milestone)
                elif was == "in_progress":
                    change.complete(milestone, "Done")
                else:
                    change.reopen(milestone, "Not done")

        self._write(id, project, act)

    @step(pick=PICK, which=PICK, text=st.sampled_from(["", 'é"\\', "👩%_"]))
    def post_update(self, pick: int, which: int, text: str) -> None:
        id, project = self._project(pick)
        milestone = self._chosen(project.milestones, which)
        body = self._new("News") + text
        project.updates.append(body)

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                change.post_update(milestone, body)

        self._write(id, project, act)

    # -- files ----------------------------------------------------------------------------------

    @step(pick=PICK, which=PICK, size=st.sampled_from([0, 5, 70_000]))
    def add_file(self, pick: int, which: int, size: int) -> None:
        id, project = self._project(pick)
        milestone = self._chosen(project.milestones, which)
        data = (self._new("file") * size)[:size].encode()
        made: list[str] = []

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                file = change.add_file(milestone, io.BytesIO(data), name="a.txt", purpose="Look")
                made.append(file.id)

        if self._write(id, project, act):
            project.files[made[0]] = File([data])

    @step(pick=PICK, which=PICK)
    def add_version(self, pick: int, which: int) -> None:
        """A newer version asks everybody again whose decision about the older one is awaited."""
        id, project = self._project(pick)
        file = self._chosen(project.files, which)
        data = self._new("version").encode()
        project.files[file].versions.append(data)
        number = len(project.files[file].versions)
        asked = [ask for ask in project.asks.values() if ask.open and file in ask.files]

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                change.add_version(file, io.BytesIO(data), changed="Better")

        if not self._write(id, project, act):
            return
        approvals = self._portal.project(id).approvals
        for old in asked:
            (new,) = (a for a in approvals.values() if a.previous == old.id)
            here = [who for who in old.people if project.people[who].name]
            old.followed = True
            project.asks[new.id] = Ask(
                id=new.id,
                title=old.title,
                people=here or old.people,
                files={**old.files, file: number},
                needs_all=old.needs_all,
                manifest=new.manifest,
                round=old.round + 1,
            )

    @step(pick=PICK, who=PICK, which=PICK, count=st.integers(1, 2))
    def hand_in(self, pick: int, who: int, which: int, count: int) -> None:
        """A client hands files in; sent again, they are handed in once."""
        id, project = self._project(pick)
        links = [person.link for person in project.people.values() if person.link]
        only(links)
        link = links[who % len(links)]
        milestone = self._chosen(project.milestones, which)
        once, data = self._new("once"), [self._new("theirs").encode() for _ in range(count)]
        only(isinstance(self._visit(link.tokens[-1]), Visit))

        def act() -> None:
            visit = self._visit(link.tokens[-1])
            visit.upload(milestone, [("b.txt", io.BytesIO(each)) for each in data], once=once)

        if not link.decides:
            with pytest.raises(NotAllowed):
                act()
        elif self._write(id, project, act):
            new = [file for file in self._portal.project(id).files if file not in project.files]
            project.files |= {file: File([each]) for file, each in zip(new, data, strict=True)}
            version = self._version(id)
            act()
            assert self._version(id) == version, "the same files were handed in twice"

    @step(pick=PICK, which=PICK, version=PICK)
    def withdraw(self, pick: int, which: int, version: int) -> None:
        id, project = self._project(pick)
        file = project.files[chosen := self._chosen(project.files, which)]
        number = version % len(file.versions) + 1
        only(number not in file.withdrawn)
        file.withdrawn.add(number)
        for ask in project.asks.values():
            if ask.open and ask.files.get(chosen) == number:
                ask.followed = True

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                change.withdraw_file(chosen, "Not meant", version=number)

        self._write(id, project, act)

    # -- approvals ------------------------------------------------------------------------------

    @step(pick=PICK, which=PICK, both=st.booleans(), needs_all=st.booleans())
    def request_approval(self, pick: int, which: int, both: bool, needs_all: bool) -> None:
        id, project = self._project(pick)
        here = [who for who, person in project.people.items() if person.name]
        people = here if both else here[:1]
        files = {
            file: len(kept.versions)
            for file, kept in project.files.items()
            if len(kept.versions) not in kept.withdrawn
        }
        only(people and files)
        file = self._chosen(files, which)
        title = self._new("Ask")
        made: list[str] = []

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                ask = change.request_approval(
                    change.project.files[file].milestone,
                    title,
                    files=[file],
                    people=people,
                    needed="all" if needs_all else "any",
                )
                made.append(ask.id)

        if self._write(id, project, act):
            ask = self._portal.project(id).approvals[made[0]]
            about = {file: files[file]}
            project.asks[ask.id] = Ask(ask.id, title, people, about, needs_all, ask.manifest)

    @step(
        pick=PICK,
        which=PICK,
        who=PICK,
        outcome=st.sampled_from([Outcome.APPROVED, Outcome.DECLINED]),
        right=st.booleans(),
    )
    def decide(self, pick: int, which: int, who: int, outcome: Outcome, right: bool) -> None:
        """A client decides: about what stands, or with a digest of something else."""
        id, project = self._project(pick)
        linked = {p: person for p, person in project.people.items() if person.link}
        chosen = self._chosen(linked, who)
        link, name = linked[chosen].link, linked[chosen].name
        assert link
        visit = self._visit(link.tokens[-1])
        only(isinstance(visit, Visit))
        asks = {i: a for i, a in project.asks.items() if a.open or not right}
        ask = project.asks[self._chosen(asks, which)]
        made = ask.decisions.get(chosen)
        refusal: type[PortalError] | None = None
        if not link.decides or chosen not in ask.people:
            refusal = NotAllowed
        elif made is not None:
            refusal = None if made is outcome and right else Outdated
        elif not ask.open or not right:
            refusal = Outdated

        def act() -> None:
            visit.decide(
                ask.id,
                outcome,
                manifest=ask.manifest if right else "0" * 64,
                typed_name=name,
                comment="Because",
            )

        if refusal or made is not None:
            caught: PortalError | None = None
            try:
                act()
            except PortalError as error:
                caught = error
            assert (type(caught) if caught else None) is refusal
            return
        ask.decisions[chosen] = outcome
        project.decided.append((ask.id, chosen, name))
        self._write(id, project, act)

    # -- questions ------------------------------------------------------------------------------

    @step(pick=PICK, who=PICK, which=PICK)
    def ask(self, pick: int, who: int, which: int) -> None:
        """A client asks, and says their name; sent again, it is asked once."""
        id, project, chosen, link = self._standing(pick, who)
        only(isinstance(self._visit(link.tokens[-1]), Visit))
        milestone = self._chosen(project.milestones, which)
        once, text = self._new("once"), f"{project.people[chosen].name} asks {self._new('why')}"

        def act() -> None:
            self._visit(link.tokens[-1]).ask(milestone, text, once=once)

        if not link.decides:
            with pytest.raises(NotAllowed):
                act()
        elif self._write(id, project, act):
            questions = self._portal.project(id).questions
            (new,) = (question for question in questions if question not in project.questions)
            project.questions[new] = Question(chosen, text)
            version = self._version(id)
            act()
            assert self._version(id) == version, "the same question was asked twice"

    @step(pick=PICK, which=PICK, how=st.sampled_from(["answer", "close", "reopen"]))
    def settle_question(self, pick: int, which: int, how: str) -> None:
        """Staff answer or close a question, or open one again."""
        id, project = self._project(pick)
        question = project.questions[chosen := self._chosen(project.questions, which)]
        only(how != "reopen" or not question.open)
        question.open = how == "reopen"

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                if how == "answer":
                    change.answer(chosen, "Because")
                elif how == "close":
                    change.close_question(chosen)
                else:
                    change.reopen_question(chosen)

        self._write(id, project, act)

    @step(pick=PICK, who=PICK)
    def ask_where_we_are(self, pick: int, who: int) -> None:
        """It counts once in 24 hours, whoever may look at all."""
        id, project, chosen, link = self._standing(pick, who)
        only(isinstance(self._visit(link.tokens[-1]), Visit))
        last, now = project.recaps.get(chosen), self._clock()
        if last is None or now - last >= DAY:
            project.recaps[chosen] = now
        self._write(id, project, lambda: self._visit(link.tokens[-1]).recap())

    # -- links ----------------------------------------------------------------------------------

    @step(pick=PICK, who=PICK, days=st.none() | st.integers(1, 4), decides=st.booleans())
    def issue_link(self, pick: int, who: int, days: int | None, decides: bool) -> None:
        id, project = self._project(pick)
        linkless = {
            p: person
            for p, person in project.people.items()
            if person.name and (person.link is None or person.link.revoked)
        }
        person = linkless[chosen := self._chosen(linkless, who)]
        expires = None if days is None else self._clock.date(days=days)

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                scopes = CLIENT if decides else READER
                change.issue_link(chosen, scopes=scopes, expires=expires)

        tokens = person.link.tokens if person.link else []
        until = None if days is None else self._clock() + days * DAY
        person.link = Link(tokens, decides, until)
        if self._write(id, project, act):
            tokens.append(self._token(id, chosen))

    @step(pick=PICK, who=PICK)
    def rotate_link(self, pick: int, who: int) -> None:
        id, project, chosen, link = self._standing(pick, who)

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                change.rotate_link(chosen)

        if self._write(id, project, act):
            link.tokens.append(self._token(id, chosen))

    @step(pick=PICK, who=PICK)
    def revoke_link(self, pick: int, who: int) -> None:
        id, project, chosen, link = self._standing(pick, who)
        link.revoked = True

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                change.revoke_link(chosen)

        self._write(id, project, act)

    @step(pick=PICK, who=PICK, days=st.integers(1, 6))
    def extend_link(self, pick: int, who: int, days: int) -> None:
        id, project, chosen, link = self._standing(pick, who)
        until = self._clock() + days * DAY
        only(link.expires != until)
        link.expires = until
        day = self._clock.date(days=days)

        def act() -> None:
            with self._portal.desk(STAFF).change(id) as change:
                change.extend_link(chosen, day)

        self._write(id, project, act)

    # -- forgetting -----------------------------------------------------------------------------

    @step(pick=PICK, who=PICK)
    def redact_person(self, pick: int, who: int) -> None:
        id, project = self._project(pick)
        here = {p: person for p, person in project.people.items() if person.name}
        person = here[chosen := self._chosen(here, who)]
        name, link = person.name, person.link
        person.name, person.link = "", None
        project.decided = [(a, p, "" if p == chosen else n) for a, p, n in project.decided]
        for question in project.questions.values():
            if question.person == chosen:
                question.text = ""
        if self._write(id, project, lambda: self._portal.care.redact(id, chosen)):
            self._forgotten.append((id, name))
            self._dead_tokens += link.tokens if link else []
