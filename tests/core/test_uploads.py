"""Clients hand files in, and staff ask for them: all or nothing, within limits, after an inspection."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalkit import (
    READER,
    ApprovalRequested,
    Conflict,
    Event,
    FileDelivered,
    FileError,
    FileRequested,
    Invalid,
    NotAllowed,
    NotFound,
    Outdated,
    OverQuota,
    Portal,
    Quarantine,
    Quarantined,
    RequestFulfilled,
    RequestState,
    Scope,
    StoreError,
    TooLarge,
    Upload,
    UploadLimits,
    Veto,
    Vetoed,
    Visit,
    Withdrawn,
)
from portalkit.facts import Entry
from portalkit.fold import fold, fold_request
from portalkit.language import Languages
from portalkit.pages import staff_sentence
from portalkit.rules import DAY_MS, Allowance, allowance
from portalkit.testing import FixedClock
from tests.core.world import BEN, Passing, make_portal, stream, token_of

PDF = b"%PDF-1.7 a logo"


def sent(*names: str, data: bytes = PDF) -> list[tuple[str, io.BytesIO]]:
    """Files on their way in."""
    return [(name, stream(data + name.encode())) for name in names]


def blobs(portal: Portal) -> list[str]:
    """The bytes that are kept."""
    return sorted(portal.files.keys())


class Studio:
    """A project with two milestones, Anna and Bob who may hand in, and Rita who may not."""

    def __init__(self, **options: Any) -> None:
        self.portal = make_portal(options.pop("store", None), **options)
        self.desk = self.portal.desk(BEN)
        with self.desk.open("Relaunch", client="Acme", id="p") as change:
            self.anna = change.add_person("Anna Keller")
            self.bob = change.add_person("Bob Stone")
            self.rita = change.add_person("Rita Read")
            self.design = change.add_milestone("Design").start()
            self.build = change.add_milestone("Build")
            self.secret = change.add_milestone("Secret", internal=True)
            for person in (self.anna, self.bob):
                change.issue_link(person)
            change.issue_link(self.rita, scopes=READER)

    def ask(self, title: str = "Logo as SVG", **options: Any) -> str:
        with self.desk.change("p") as change:
            return change.request_file(self.design, title, people=[self.anna], **options).id

    def visit(self, person: Any = None) -> Visit:
        return self.portal.visit(token_of(self.portal, "p", person or self.anna))

    @property
    def project(self) -> Any:
        return self.portal.project("p")

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.portal.entries("p")]


@pytest.fixture
def studio() -> Studio:
    return Studio()


# -- requests --------------------------------------------------------------------------------------


def test_a_request_waits_for_the_client_until_files_answer_it(studio: Studio) -> None:
    """It stands among the answers and in the columns of lists; the upload ends it in the same commit."""
    request = studio.ask(due=date(2026, 12, 1), note="Not a PNG, please")
    head = studio.portal.ledger.store.load("p")[0]  # type: ignore[index]
    asked_at = studio.portal.clock()
    assert (head.pending, head.waiting_since) == (1, asked_at)
    assert head.next_due is not None
    (wanted,) = studio.visit().answers.needs_files
    assert (wanted.id, wanted.state, wanted.title) == (request, RequestState.OPEN, "Logo as SVG")
    assert studio.visit(studio.bob).answers.needs_files == ()
    (file,) = studio.visit().upload(studio.design, sent("logo.svg"), request=request)
    assert studio.kinds()[-2:] == ["file.delivered", "request.fulfilled"]
    ended = studio.visit().request(request)
    assert (ended.state, ended.files) == (RequestState.FULFILLED, (file.id,))
    assert studio.project.requests == {}
    head = studio.portal.ledger.store.load("p")[0]  # type: ignore[index]
    assert (head.pending, head.waiting_since, head.next_due) == (0, None, None)
    assert studio.portal.verify("p").ok


def test_what_is_delivered_says_where_from_and_why(studio: Studio) -> None:
    """Name and note are the client's; without a note the request says why the file is there."""
    request = studio.ask()
    visit = studio.visit()
    (first,) = visit.upload(studio.design, sent("../Logo\u202e.pdf"), request=request)
    (second,) = visit.upload(studio.design, sent("x.bin", data=b"?"), note="The old one\nand why")
    assert (first.name, first.purpose) == ("Logo.pdf", "Logo as SVG")
    assert (second.purpose, second.current.type) == (
        "The old one\nand why",
        "application/octet-stream",
    )
    assert first.current.by == studio.anna.id
    assert first.current.delivered
    assert b"".join(visit.download(first, 1).read()).startswith(PDF)
    assert b"".join(studio.desk.download("p", first.id).read()).startswith(PDF)


def test_whoever_may_hand_in_may_answer_and_two_answers_are_both_taken(studio: Studio) -> None:
    """A file is a file: the colleague's counts, and what comes a moment later is not lost."""
    request = studio.ask()
    studio.visit(studio.bob).upload(studio.design, sent("bob.svg"), request=request)
    (late,) = studio.visit().upload(studio.design, sent("anna.svg"), request=request)
    assert late.id in studio.project.files
    assert studio.kinds().count("request.fulfilled") == 1


def test_a_withdrawn_request_takes_nothing_and_says_why(studio: Studio) -> None:
    request = studio.ask()
    with studio.desk.change("p") as change:
        change.withdraw_request(request, "Found it")
        with pytest.raises(Outdated):
            change.withdraw_request(request, "Again")
    assert studio.visit().request(request).withdrawn == "Found it"
    with pytest.raises(Outdated):
        studio.visit().upload(studio.design, sent("logo.svg"), request=request)
    assert blobs(studio.portal) == []


def test_only_what_is_about_a_request_folds_to_it(studio: Studio) -> None:
    """Whatever else stands beside it in the log changes nothing, and without it there is none."""
    request = studio.ask()
    entries = studio.portal.entries("p")
    made = fold_request(entries)
    assert made is not None
    assert made.id == request
    assert fold_request([entries[-1], *entries[:-1]]) == made
    assert fold_request(entries[:-1]) is None


def test_staff_fulfil_a_request_with_files_got_elsewhere(studio: Studio) -> None:
    request = studio.ask()
    with studio.desk.change("p") as change:
        mine = change.add_file(studio.design, stream(), name="logo.svg", purpose="By mail")
        other = change.add_file(studio.build, stream(), name="x.svg", purpose="Elsewhere")
        for wrong in ([], [other], ["nothing"]):
            with pytest.raises((Invalid, NotFound)):
                change.fulfil_request(request, wrong)
        change.fulfil_request(request, [mine, mine])
        with pytest.raises(Outdated):
            change.fulfil_request(request, [mine])
    assert studio.visit().request(request).files == (mine.id,)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda c, s: c.request_file(s.secret, "X", people=[s.anna]), NotAllowed),
        (lambda c, s: c.request_file(s.design, "", people=[s.anna]), Invalid),
        (lambda c, s: c.request_file(s.design, "X", people=[]), Invalid),
        (lambda c, s: c.request_file(s.design, "X", people=["nobody"]), NotFound),
        (lambda c, s: c.request_file("nowhere", "X", people=[s.anna]), NotFound),
        (lambda c, s: c.request_file(s.design, "X", people=[s.anna], due="soon"), Invalid),
        (lambda c, s: c.withdraw_request("nothing", "Because"), NotFound),
        (lambda c, s: c.release_file("nothing"), NotFound),
    ],
)
def test_staff_are_refused_where_they_ask_for_what_cannot_be(
    studio: Studio, ask: Callable[[Any, Studio], None], error: type[Exception]
) -> None:
    before = studio.kinds()
    with pytest.raises(error), studio.desk.change("p") as change:
        ask(change, studio)
    assert studio.kinds() == before


def test_a_request_in_a_milestone_that_became_internal_is_gone_for_clients(studio: Studio) -> None:
    """It neither waits for them nor exists: the id answers like an unknown one."""
    request = studio.ask()
    with studio.desk.change("p") as change:
        change.change_milestone(studio.design, internal=True)
    visit = studio.visit()
    assert visit.answers.needs_files == ()
    assert visit.project.requests == {}
    assert studio.project.answers.needs_files == ()
    assert studio.portal.ledger.store.load("p")[0].pending == 0  # type: ignore[index]
    for call in (
        lambda: visit.request(request),
        lambda: visit.upload(studio.design, sent("a")),
        lambda: visit.upload(studio.build, sent("a"), request=request),
    ):
        with pytest.raises(NotFound):
            call()


def test_staff_read_what_they_wait_for(studio: Studio) -> None:
    """Decisions and files are counted apart, each where there are any."""
    english = Languages().choose(("en",), "UTC")

    def said() -> str:
        return staff_sentence(studio.project, english, studio.portal.clock()).lead

    assert said() == "No decision is open."
    studio.ask()
    assert said() == "One file is awaited from the client."
    studio.ask("Texts")
    with studio.desk.change("p") as change:
        change.post_update(studio.design, done="Screens", about=studio.design)
        change.complete(studio.design)
        assert any("a file is still awaited" in line for line in change.advice)
        change.request_approval(studio.build, "Go?", statement="Go?", people=[studio.anna])
    assert said() == "One decision waits for the client. Two files are awaited from the client."


# -- who may, and all or nothing -------------------------------------------------------------------


def test_the_scope_the_milestone_and_the_project_decide_who_may(studio: Studio) -> None:
    """No scope, a hidden or unknown milestone, an archived project, a revoked link: not one byte stays."""
    request = studio.ask()
    anna = studio.visit()
    cases: list[tuple[Visit, Any, Any, type[Exception]]] = [
        (studio.visit(studio.rita), studio.design, None, NotAllowed),
        (anna, studio.secret, None, NotFound),
        (anna, "nowhere", None, NotFound),
        (anna, studio.build, request, Invalid),
        (anna, studio.design, "nothing", NotFound),
    ]
    before = studio.kinds()
    for visit, place, answered, error in cases:
        with pytest.raises(error):
            visit.upload(place, sent("a.txt"), request=answered)
    with studio.desk.change("p") as change:
        change.set_status("archived")
    with pytest.raises(NotAllowed):
        anna.upload(studio.design, sent("a.txt"))
    assert not studio.visit().may_upload
    assert studio.visit().answers.needs_files == ()
    with studio.desk.change("p") as change:
        change.set_status("active")
        change.set_scopes(studio.anna, [Scope.VIEW])
    with pytest.raises(NotAllowed):
        anna.upload(studio.design, sent("a.txt"))  # the visit was opened before
    assert blobs(studio.portal) == []
    assert [k for k in studio.kinds() if k.startswith(("file.", "request."))] == [
        k for k in before if k.startswith(("file.", "request."))
    ]


class Breaking:
    """A stream that ends in an error."""

    def __init__(self) -> None:
        self.left = 3

    def read(self, size: int, /) -> bytes:
        self.left -= 1
        if not self.left:
            raise OSError("the client is gone")
        return b"x" * 10


@pytest.mark.parametrize(
    ("files", "note", "error"),
    [
        ([], "", Invalid),
        (sent("a") * 4, "", TooLarge),
        ([*sent("a"), ("b", stream(b"x" * 101))], "", TooLarge),
        ([*sent("a"), ("b", Breaking())], "", OSError),
        (sent("a"), "x" * 501, Invalid),
        ([("a", stream(b"x" * 100)), ("b", stream(b"y" * 100)), ("c", stream(b"z" * 90))], "", OverQuota),
    ],
)  # fmt: skip
def test_one_refusal_refuses_all(files: Iterable[Any], note: str, error: type[Exception]) -> None:
    """Whatever is the matter with one of them: no entry, no bytes."""
    limits = UploadLimits(files=3, file_bytes=100, day_files=9, day_bytes=250)
    studio = Studio(uploads=limits)
    before = studio.kinds()
    with pytest.raises(error):
        studio.visit().upload(studio.design, files, note=note)
    assert studio.kinds() == before
    assert blobs(studio.portal) == []


def test_the_error_names_the_file_that_is_too_large() -> None:
    studio = Studio(uploads=UploadLimits(file_bytes=20))
    with pytest.raises(TooLarge) as caught:
        studio.visit().upload(studio.design, sent("a", "dir/much too long a name.pdf"))
    assert caught.value.evidence == {"file": "much too long a name.pdf", "limit": 20}


def test_sent_twice_is_handed_in_once(studio: Studio) -> None:
    """The same files out of the same form are there once; another file out of it is another file."""
    request = studio.ask()
    visit = studio.visit()
    for _ in range(2):
        files = visit.upload(studio.design, sent("a", "b"), request=request, once="form one")
        assert [file.name for file in files] == ["a", "b"]
    assert studio.kinds().count("file.delivered") == 2
    visit.upload(studio.design, sent("a", "c"), request=request, once="form one")
    visit.upload(studio.design, sent("a"), once="form two")
    visit.upload(studio.build, sent("a"), once="form one")
    studio.visit(studio.bob).upload(studio.design, sent("a"), request=request, once="form one")
    assert studio.kinds().count("file.delivered") == 6
    assert len(blobs(studio.portal)) == 6
    assert list(studio.portal.care.check_files(["p"])) == []


def test_a_file_chosen_twice_is_handed_in_once(studio: Studio) -> None:
    files = studio.visit().upload(studio.design, sent("a", "a"))
    assert len(files) == len(blobs(studio.portal)) == 1


class Failing(Passing):
    """A store whose commit fails, before or after it has written."""

    fails: BaseException | None = None
    lands = False

    def commit(self, *args: Any, **options: Any) -> None:
        if self.fails is None or self.lands:
            super().commit(*args, **options)
        if self.fails is not None:
            raise self.fails


def test_bytes_of_a_refused_commit_go_and_of_a_doubtful_one_stay() -> None:
    """After a conflict nobody names them; after a lost answer somebody may: the collector knows later."""
    store = Failing()
    studio = Studio(store=store)
    store.fails = StoreError("the disk is full")
    with pytest.raises(StoreError):
        studio.visit().upload(studio.design, sent("a"))
    assert len(blobs(studio.portal)) == 1
    store.fails = Conflict("always")
    with pytest.raises(Conflict):
        studio.visit().upload(studio.design, sent("b"))
    assert len(blobs(studio.portal)) == 1
    store.fails, store.lands = StoreError("the answer is lost"), True
    (file,) = studio.visit().upload(studio.design, sent("c"))
    store.fails = None
    assert file.id in studio.project.files
    assert len(blobs(studio.portal)) == 2
    assert studio.portal.care.collect(["p"]) == 0  # younger than a day


def test_a_process_told_to_end_behind_its_commit_leaves_the_bytes() -> None:
    """A worker that is stopped just then must not delete what the log names."""
    store = Failing()
    studio = Studio(store=store)
    store.fails, store.lands = SystemExit(1), True
    with pytest.raises(SystemExit):
        studio.visit().upload(studio.design, sent("a"))
    store.fails = None
    (file,) = (f for f in studio.project.files.values() if f.name == "a")
    assert b"".join(studio.portal.files.open(file.current.key)) == PDF + b"a"


# -- limits by day ---------------------------------------------------------------------------------

SIZES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=12)


@given(SIZES)
def test_no_day_holds_more_than_the_limits(tries: list[tuple[int, int]]) -> None:
    """Whatever is tried, whenever: in no 24 hours a link hands in more files or bytes than it may."""
    clock = FixedClock()
    limits = UploadLimits(file_bytes=100, day_files=3, day_bytes=100)
    studio = Studio(uploads=limits, clock=clock)
    for number, (size, hours) in enumerate(tries):
        clock.advance(seconds=3600 * hours)
        try:
            studio.visit().upload(studio.design, [(f"f{number}", stream(b"x" * size))])
        except OverQuota:
            continue
    handed_in = [e for e in studio.portal.entries("p") if isinstance(e.fact, FileDelivered)]
    for last in handed_in:
        day = [e.fact.size for e in handed_in if last.at - DAY_MS < e.at <= last.at]  # type: ignore[attr-defined]
        assert len(day) <= 3
        assert sum(day) <= 100


def test_a_day_can_be_filled_to_the_last_file_and_byte() -> None:
    """A limit is what may be handed in, not what may not."""
    studio = Studio(uploads=UploadLimits(day_files=2, day_bytes=20))
    files = studio.visit().upload(
        studio.design, [("a.txt", stream(b"x" * 9)), ("b.txt", stream(b"y" * 11))]
    )
    assert [file.current.size for file in files] == [9, 11]
    assert studio.visit().allowance == Allowance(0, 0)


def test_an_id_of_a_file_looks_like_any_other(studio: Studio) -> None:
    (file,) = studio.visit().upload(studio.design, sent("logo.svg"))
    assert re.fullmatch("[a-z2-7]{26}", file.id)


def test_a_request_is_not_withdrawn_without_a_reason(studio: Studio) -> None:
    asked = studio.ask()
    with pytest.raises(Invalid):
        with studio.desk.change("p") as change:
            change.withdraw_request(asked, " ")
    assert asked in studio.project.requests


def test_a_refusal_ends_when_the_day_is_over() -> None:
    clock = FixedClock()
    studio = Studio(uploads=UploadLimits(day_files=1), clock=clock)
    studio.visit().upload(studio.design, sent("a"))
    assert studio.visit().allowance.files == 0
    with pytest.raises(OverQuota):
        studio.visit().upload(studio.design, sent("b"))
    studio.visit(studio.bob).upload(studio.design, sent("b"))  # another link, another allowance
    clock.advance(seconds=86_400)
    studio.visit().upload(studio.design, sent("c"))


def test_the_allowance_is_counted_over_however_many_entries() -> None:
    """What staff write in between hides nothing."""
    studio = Studio(uploads=UploadLimits(day_files=1))
    studio.visit().upload(studio.design, sent("a"))
    with studio.desk.change("p") as change:
        for number in range(250):
            change.post_update(studio.design, f"News {number}", about=studio.design)
    assert studio.visit().allowance == Allowance(0, UploadLimits().day_bytes - len(PDF) - 1)


def test_an_allowance_is_never_negative() -> None:
    fact = FileDelivered("k", 50, "0" * 64, "x", link="l")
    entries = [Entry("p", n, 1000, "a", "m", f"f{n}", fact, "") for n in range(3)]
    limits = UploadLimits(day_files=2, day_bytes=60)
    assert allowance(limits, entries, link="l", since=0) == Allowance(0, 0)
    assert allowance(limits, entries, link="l", since=1000) == Allowance(2, 60)
    assert allowance(limits, entries, link="other", since=0) == Allowance(2, 60)


def test_racing_uploads_share_one_allowance() -> None:
    """Eight at once, room for three: three are in, five are told, and nothing is left over."""
    studio = Studio(uploads=UploadLimits(day_files=3))
    gate, said = threading.Barrier(8), []

    def run(number: int) -> None:
        visit = studio.visit()
        gate.wait(30)
        try:
            visit.upload(studio.design, sent(f"f{number}"))
            said.append("in")
        except OverQuota:
            said.append("told")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["in"] * 3 + ["told"] * 5
    assert len(blobs(studio.portal)) == len(studio.project.files) == 3


# -- inspection ------------------------------------------------------------------------------------


def test_the_inspection_sees_the_file_before_anything_names_it() -> None:
    """Who, where, what; and the bytes, whole and by pieces."""
    seen: list[Upload] = []

    def inspect(upload: Upload) -> None:
        with upload.open() as stream:
            assert stream.read(4) == b"%PDF"
            assert stream.read() == PDF[4:] + b"x/Logo.pdf"
        assert upload.project.files == {}
        seen.append(upload)

    studio = Studio(inspect=inspect)
    (file,) = studio.visit().upload(studio.design, sent("x/Logo.pdf"))
    (upload,) = seen
    assert (upload.person.name, upload.milestone.title) == ("Anna Keller", "Design")
    assert (upload.name, upload.type) == ("Logo.pdf", "application/pdf")
    assert (upload.size, upload.sha256) == (file.current.size, file.current.sha256)


def _crash(upload: Upload) -> None:
    raise ValueError("no scanner")


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (lambda upload: Veto("A virus") if upload.name == "b" else None, Vetoed),
        (lambda upload: _crash(upload) if upload.name == "b" else None, FileError),
        (lambda upload: True, FileError),
        (lambda upload: False, FileError),
    ],
)
def test_what_the_inspection_does_not_accept_is_refused_whole(
    verdict: Any, error: type[Exception]
) -> None:
    """A veto, a crash, an answer that is none: fail closed, for clients and for staff."""
    studio = Studio(inspect=verdict)
    before = studio.kinds()
    with pytest.raises(error):
        studio.visit().upload(studio.design, sent("a", "b"))
    with pytest.raises(error), studio.desk.change("p") as change:
        change.add_file(studio.design, stream(), name="b", purpose="For you")
    assert studio.kinds() == before
    assert blobs(studio.portal) == []


def test_a_veto_says_why() -> None:
    studio = Studio(inspect=lambda upload: Veto("It holds\na virus"))
    with pytest.raises(Vetoed) as caught:
        studio.visit().upload(studio.design, sent("a.exe"))
    assert caught.value.evidence == {"file": "a.exe", "reason": "It holds a virus"}


def test_quarantine_keeps_the_bytes_back_until_staff_release_them() -> None:
    """The file is on record; nobody opens it and no decision is about it, until it is released."""
    studio = Studio(inspect=lambda upload: Quarantine("A macro"))
    (file,) = studio.visit().upload(studio.design, sent("a.doc", "b.doc"))[:1]
    assert studio.kinds()[-2:] == ["file.delivered", "file.quarantined"]
    for person in (studio.anna, studio.bob):
        with pytest.raises(Quarantined):
            studio.visit(person).download(file, 1)
    with pytest.raises(Quarantined):
        studio.desk.download("p", file)
    assert b"".join(studio.desk.download("p", file, quarantined=True).read())
    with pytest.raises(NotAllowed), studio.desk.change("p") as change:
        change.request_approval(studio.design, "This?", files=[file], people=[studio.anna])
    with studio.desk.change("p") as change:
        change.release_file(file)
        change.release_file(file)
        with pytest.raises(NotFound):
            change.release_file(file, version=2)
    assert studio.kinds().count("file.released") == 1
    assert b"".join(studio.visit(studio.bob).download(file, 1).read())
    assert not studio.visit().versions(file)[0].quarantined


def test_quarantined_bytes_stay_back_when_a_newer_version_comes_and_may_be_withdrawn() -> None:
    verdicts: list[Any] = [Quarantine(), None]
    studio = Studio(inspect=lambda upload: verdicts.pop(0))
    (file,) = studio.visit().upload(studio.design, sent("a.doc"))
    with studio.desk.change("p") as change:
        change.add_version(file, stream(b"clean"), changed="Cleaned by us")
    with pytest.raises(Quarantined):
        studio.visit().download(file, 1)
    assert b"".join(studio.visit().download(file, 2).read()) == b"clean"
    with studio.desk.change("p") as change:
        change.release_file(file, version=1)
        change.release_file(file, version=1)
    with studio.desk.change("p") as change:
        change.release_file(file, version=1)
        change.release_file(file, version=2)
    assert studio.kinds().count("file.released") == 1
    assert b"".join(studio.visit().download(file, 1).read())
    with studio.desk.change("p") as change:
        change.withdraw_file(file, "No", version=1)
    with pytest.raises(Withdrawn):
        studio.visit().download(file, 1)


def test_what_staff_deliver_is_refused_in_place_of_kept_back() -> None:
    studio = Studio(inspect=lambda upload: Quarantine("Wait"))
    with pytest.raises(Vetoed), studio.desk.change("p") as change:
        change.add_file(studio.design, stream(), name="b", purpose="For you")
    assert blobs(studio.portal) == []


# -- hooks, history, forgetting --------------------------------------------------------------------


def test_hooks_hear_of_it(studio: Studio) -> None:
    """Of the delivery, of the request before and of its end; with the person who did it."""
    heard: list[Event[Any]] = []
    for kind in (FileRequested, FileDelivered, RequestFulfilled):
        studio.portal.on(kind, heard.append)
    request = studio.ask()
    studio.visit().upload(studio.design, sent("a", "b"), request=request)
    people = [event.actor.name for event in heard if event.actor]
    assert people == ["Ben Ode", "Anna Keller", "Anna Keller", "Anna Keller"]
    assert [event.name for event in heard[1:3]] == ["a", "b"]


def test_forgetting_a_person_forgets_their_words_and_keeps_their_files(studio: Studio) -> None:
    """Name and note of what they handed in go; bytes, digest and who it was (an id) stay provable."""
    request, still = studio.ask(), studio.ask("Another")
    visit = studio.visit()
    (file,) = visit.upload(studio.design, sent("Anna Keller.pdf"), request=request, note="My own")
    with studio.desk.change("p") as change:
        change.withdraw_file(file, "Not this one")
    erasure = studio.portal.care.redact("p", studio.anna.id)
    assert (erasure.waiting, erasure.mentions) == ((still,), ())
    found = studio.project.files[file.id]
    assert (found.name, found.purpose) == ("file", "Logo as SVG")
    assert found.current.sha256 == file.current.sha256
    text = "".join(r.data + r.sealed for r in studio.portal.ledger.store.history("p"))
    assert "Anna" not in text
    assert "My own" not in text
    assert studio.portal.verify("p").ok
    assert fold(studio.portal.entries("p")) == studio.project


def test_one_entry_more_forgets_files_like_a_replay(studio: Studio) -> None:
    """Also the note on a file of which staff have made a newer version since."""
    request = studio.ask()
    plain, asked, revised = (
        studio.visit().upload(studio.design, sent(name), request=about, note="Anna's own")[0]
        for name, about in (("anna.pdf", None), ("anna-logo.svg", request), ("anna-2.pdf", None))
    )
    with studio.desk.change("p") as change:
        change.add_version(revised, stream(b"smaller"), changed="Compressed", name="plan.pdf")
    known = studio.project
    other = make_portal(studio.portal.ledger.store)
    other.project("p")
    studio.portal.care.redact("p", studio.anna.id)
    onwards = fold(studio.portal.entries("p", after=known.version), known)
    assert onwards == fold(studio.portal.entries("p")) == studio.project == other.project("p")
    files = studio.project.files
    assert [(files[f.id].name, files[f.id].purpose) for f in (plain, asked, revised)] == [
        ("file", ""),
        ("file", "Logo as SVG"),
        ("plan.pdf", ""),
    ]


def test_a_newer_version_does_not_copy_the_name_that_a_client_gave(studio: Studio) -> None:
    """Staff name it, or it is called file; nor does the round that it opens hold the name."""
    named, unnamed = (
        studio.visit().upload(studio.design, sent(n))[0] for n in ("a.pdf", "anna.pdf")
    )
    with studio.desk.change("p") as change:
        change.add_version(named, stream(b"b"), changed="Smaller", name="logo.pdf")
        change.add_version(unnamed, stream(b"c"), changed="Smaller")
    assert studio.project.files[named.id].name == "logo.pdf"
    assert studio.project.files[unnamed.id].name == "file"
    rows = studio.portal.ledger.store.history("p")
    assert not any("anna.pdf" in row.data for row in rows)


def test_what_holds_the_name_of_a_file_is_told_when_a_person_is_forgotten(studio: Studio) -> None:
    """A request for approval holds it as part of what is decided on, and staff may have written it."""
    (file,) = studio.visit().upload(studio.design, sent("divorce.pdf"))
    with studio.desk.change("p") as change:
        change.request_approval(studio.design, "Use it?", files=[file], people=[studio.bob])
        change.post_update(studio.design, body="We have read divorce.pdf")
        change.post_update(studio.design, body="Nothing else")
    version = studio.project.version
    assert studio.portal.care.redact("p", studio.anna.id).mentions == (version - 2, version - 1)


def test_the_files_of_clients_are_checked_collected_and_erased(studio: Studio) -> None:
    (file,) = studio.visit().upload(studio.design, sent("a"))
    key = file.current.key
    assert studio.portal.care.collect(["p"]) == 0
    assert list(studio.portal.care.check_files(["p"])) == []
    studio.portal.files.delete(key)
    (problem,) = studio.portal.care.check_files(["p"])
    assert (problem.problem, problem.name) == ("missing", "a")
    studio.visit().upload(studio.design, sent("b"))
    studio.portal.care.erase("p")
    assert blobs(studio.portal) == []


def test_a_decision_can_be_about_what_a_client_handed_in(studio: Studio) -> None:
    """The request for approval then holds the name: it is part of what is decided on."""
    (file,) = studio.visit().upload(studio.design, sent("logo.svg"))
    with studio.desk.change("p") as change:
        change.request_approval(studio.design, "Use it?", files=[file], people=[studio.bob])
    (fact,) = (e.fact for e in studio.portal.entries("p") if isinstance(e.fact, ApprovalRequested))
    assert fact.files[0].sha256 == file.current.sha256
