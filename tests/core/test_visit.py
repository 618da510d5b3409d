"""The visit: what a client can see, read and decide, and what stays as evidence."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from portalkit import (
    READER,
    ApprovalDecided,
    Circumstances,
    ExpiredLink,
    Invalid,
    NewerLog,
    NotAllowed,
    NotFound,
    NoticeMode,
    Outcome,
    Outdated,
    Portal,
    RevokedLink,
    UnknownFact,
    Visit,
    Withdrawn,
)
from portalkit.facts import Line
from portalkit.testing import FixedClock
from tests.core.world import Scene, picture, stream


def decide(visit: Visit, scene: Scene, outcome: Any = "approved", **words: Any) -> Any:
    words = {"typed_name": "Anna Keller", **words}
    manifest = words.pop("manifest", None) or visit.approval(scene.ask).manifest
    return visit.decide(scene.ask, outcome, manifest=manifest, **words)


def decisions(portal: Portal, project: str) -> list[Any]:
    return [e for e in portal.entries(project) if isinstance(e.fact, ApprovalDecided)]


# -- deciding -----------------------------------------------------------------------------------


def test_a_decision_is_returned_and_shown_at_once(scene: Scene, clock: FixedClock) -> None:
    visit = scene.visit()
    made = decide(visit, scene, Outcome.APPROVED_WITH_CHANGES, comment="  Bigger logo ")
    assert made.outcome is Outcome.APPROVED_WITH_CHANGES
    assert (made.person, made.by, made.at) == (scene.anna.id, scene.anna.id, clock())
    assert (made.comment, made.typed_name, made.source) == ("Bigger logo", "Anna Keller", "")
    assert visit.approval(scene.ask).decisions == (made,)
    assert visit.answers.needs_decision == ()
    assert visit.chain == scene.desk.state(scene.id).chain


def test_a_decision_keeps_its_evidence(scene: Scene, clock: FixedClock) -> None:
    visit = scene.visit()
    visit.note(f"file:{scene.home.id}/1")
    visit.note("file:elsewhere/1")
    visit.note("page")
    served = clock()
    clock.advance(seconds=30)
    circumstances = Circumstances(
        confirmed=True,
        locale="de",
        served_at=served,
        sentence="I approve “Homepage”.",
        session="s1",
        address="192.0.2.7",
        user_agent="Browser/1",
    )
    decide(visit, scene, circumstances=circumstances)
    (entry,) = decisions(scene.portal, scene.id)
    fact = entry.fact
    assert (entry.actor, entry.milestone, entry.subject, entry.at) == (
        *(scene.anna.id, scene.design.id, scene.ask.id),
        clock(),
    )
    assert (fact.person, fact.link, fact.recognised) == (scene.anna.id, visit.link.id, "link")
    assert (fact.title, fact.round) == ("Homepage", 1)
    assert fact.manifest == visit.approval(scene.ask).manifest
    assert fact.opened == (f"{scene.home.id}/1",)
    assert (fact.confirmed, fact.locale, fact.served_at) == (True, "de", served)
    assert (fact.sentence, fact.session) == ("I approve “Homepage”.", "s1")
    assert (fact.address, fact.user_agent) == ("192.0.2.7", "Browser/1")
    assert fact.software.startswith("portalkit")


def test_the_evidence_says_when_the_host_recognised_the_person(scene: Scene) -> None:
    decide(scene.portal.visit_as(scene.id, scene.anna.id), scene)
    (entry,) = decisions(scene.portal, scene.id)
    assert entry.fact.recognised == "host"


@pytest.mark.parametrize("said", ["x" * 9000, "Bro\0wser\r\nX: y", "e\u0301", "\udc80", "\u202e"])
def test_whatever_a_browser_says_of_itself_keeps_nobody_from_deciding(
    scene: Scene, said: str
) -> None:
    seen = Circumstances(locale=said, session=said, address=said, user_agent=said, sentence="Yes")
    assert decide(scene.visit(), scene, circumstances=seen).outcome is Outcome.APPROVED
    assert scene.portal.verify(scene.id).ok


def test_the_sentence_may_quote_the_longest_statement(scene: Scene) -> None:
    sentence = "I approve: " + "x" * 20_000
    decide(scene.visit(), scene, circumstances=Circumstances(sentence=sentence))
    (entry,) = decisions(scene.portal, scene.id)
    assert entry.fact.sentence == sentence


def test_the_same_decision_twice_is_one(scene: Scene) -> None:
    visit = scene.visit()
    first = decide(visit, scene, comment="As shown")
    assert decide(visit, scene, comment="As shown") == first
    assert decide(scene.visit(), scene, comment=" As shown\n") == first
    assert len(decisions(scene.portal, scene.id)) == 1


@pytest.mark.parametrize(
    "words",
    [{"comment": "Without the price"}, {"typed_name": "Bob Stone"}, {"typed_name": "?"}],
)
def test_a_decision_that_differs_in_a_word_is_outdated(scene: Scene, words: dict[str, str]) -> None:
    """It is not on record, so nobody is told that it was."""
    decide(scene.visit(), scene)
    with pytest.raises(Outdated):
        decide(scene.visit(), scene, **words)


def test_a_decision_by_link_does_not_repeat_one_by_the_login_of_the_host(scene: Scene) -> None:
    """The evidence of each would be another."""
    decide(scene.portal.visit_as(scene.id, scene.anna.id), scene)
    with pytest.raises(Outdated):
        decide(scene.visit(), scene)


def test_who_confirms_what_staff_recorded_meanwhile_is_told(scene: Scene) -> None:
    """Their own name, sentence and words are not in the log, so it is not answered as if they were."""
    visit = scene.visit()
    with scene.change() as change:
        change.record_decision(scene.ask, scene.anna, "approved", source="phone")
    with pytest.raises(Outdated):
        decide(visit, scene)
    assert [e.fact.recognised for e in decisions(scene.portal, scene.id)] == ["elsewhere"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Outdated, {"manifest": "0" * 64}),
        (Invalid, {"outcome": "changes_requested"}),
        (Invalid, {"outcome": "declined", "comment": " \n"}),
        (Invalid, {"outcome": "nonsense"}),
        (Invalid, {"outcome": ""}),
        (Invalid, {"typed_name": ""}),
        (Invalid, {"typed_name": " \u200e"}),
        (Invalid, {"typed_name": "x"}),
        (Invalid, {"typed_name": "12 34"}),
        (Invalid, {"comment": "x" * 5001}),
    ],
)
def test_a_decision_that_is_not_clear_is_refused_and_leaves_nothing(
    scene: Scene, error: type[Exception], words: dict[str, Any]
) -> None:
    before = picture(scene.portal.ledger.store, scene.id)
    with pytest.raises(error):
        decide(scene.visit(), scene, **words)
    assert picture(scene.portal.ledger.store, scene.id) == before


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_can_be_decided(scene: Scene, outcome: Outcome) -> None:
    assert decide(scene.visit(), scene, str(outcome), comment="Because").outcome is outcome


def test_another_decision_of_the_same_person_is_outdated(scene: Scene) -> None:
    visit = scene.visit()
    decide(visit, scene)
    with pytest.raises(Outdated) as refusal:
        decide(visit, scene, "declined", comment="No, wait")
    assert refusal.value.evidence["outcome"] == "approved"


def test_a_decision_on_a_page_that_showed_an_older_version_is_outdated(scene: Scene) -> None:
    """The staff exchanged the file between the look and the click."""
    visit = scene.visit()
    with scene.change() as change:
        change.add_version(scene.home, stream(b"v2"), changed="Everything")
    with pytest.raises(Outdated) as refusal:
        decide(visit, scene)
    assert refusal.value.evidence["state"] == "superseded"
    assert decisions(scene.portal, scene.id) == []


def test_a_decision_on_a_request_that_was_called_off_is_outdated(scene: Scene) -> None:
    visit = scene.visit()
    with scene.change() as change:
        change.void_approval(scene.ask, "Cancelled")
    with pytest.raises(Outdated):
        decide(visit, scene)


def test_a_decision_after_the_end_is_outdated(scene: Scene) -> None:
    decide(scene.visit(scene.bob), scene, "declined", comment="No", typed_name="Bob Stone")
    with pytest.raises(Outdated) as refusal:
        decide(scene.visit(), scene)
    assert refusal.value.evidence["state"] == "closed"


def test_only_those_who_were_asked_decide(scene: Scene) -> None:
    with scene.change() as change:
        carl = change.add_person("Carl")
        change.issue_link(carl)
    visit = scene.visit(carl)
    assert visit.answers.needs_decision == ()
    with pytest.raises(NotAllowed):
        decide(visit, scene, typed_name="Carl Cox")


def test_a_link_revoked_or_expired_in_the_meantime_no_longer_decides(
    scene: Scene, clock: FixedClock
) -> None:
    anna, bob = scene.visit(scene.anna), scene.visit(scene.bob)
    with scene.change() as change:
        change.revoke_link(scene.anna)
        change.extend_link(scene.bob, clock() + 1)
    clock.advance(seconds=1)
    with pytest.raises(RevokedLink):
        decide(anna, scene)
    with pytest.raises(ExpiredLink):
        decide(bob, scene, typed_name="Bob Stone")
    assert decisions(scene.portal, scene.id) == []


def test_scopes_taken_away_in_the_meantime_are_gone(scene: Scene) -> None:
    visit = scene.visit()
    with scene.change() as change:
        change.set_scopes(scene.anna, READER)
    with pytest.raises(NotAllowed):
        decide(visit, scene)


def test_an_archived_project_is_read_and_not_decided_in(scene: Scene) -> None:
    with scene.change() as change:
        change.set_status("archived")
    visit = scene.visit()
    assert visit.download(scene.home, 1).newest
    assert not visit.may_decide
    assert visit.answers.needs_decision == ()
    with pytest.raises(NotAllowed):
        decide(visit, scene)


@pytest.mark.parametrize("status", ["on_hold", "completed"])
def test_a_project_on_hold_or_completed_still_takes_decisions(scene: Scene, status: str) -> None:
    with scene.change() as change:
        change.set_status(status)
    assert scene.visit().may_decide
    assert decide(scene.visit(), scene).outcome is Outcome.APPROVED


def test_a_visit_to_an_erased_project_decides_nothing(scene: Scene) -> None:
    visit = scene.visit()
    manifest = visit.approval(scene.ask).manifest
    scene.portal.ledger.store.erase(scene.id)
    with pytest.raises(NotFound):
        visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    assert scene.portal.ledger.store.load(scene.id) is None


def test_a_visit_to_a_project_of_a_newer_portalkit_reads_and_does_not_decide(scene: Scene) -> None:
    line = Line(UnknownFact("future.thing", "{}", ""))
    scene.portal.ledger.write(scene.id, lambda state: ("", [line]))
    visit = scene.visit()
    assert visit.approval(scene.ask).title == "Homepage"
    with pytest.raises(NewerLog):
        decide(visit, scene)


# -- looking ------------------------------------------------------------------------------------


def test_the_language_and_zone_are_the_person_s_or_else_the_project_s(scene: Scene) -> None:
    assert (scene.visit().locale, scene.visit().zone) == ("en", "UTC")
    with scene.change() as change:
        change.describe(locale="fr", zone="Europe/Paris")
        change.change_person(scene.anna, locale="de", zone="Europe/Berlin")
    assert (scene.visit().locale, scene.visit().zone) == ("de", "Europe/Berlin")
    bob = scene.visit(scene.bob)
    assert (bob.locale, bob.zone) == ("fr", "Europe/Paris")


def test_an_old_approval_is_found_however_long_ago_it_closed(scene: Scene) -> None:
    with scene.change() as change:
        change.record_decision(scene.ask, scene.anna, "declined", source="call", comment="No")
        for number in range(2):
            made = change.request_approval(
                scene.design, f"A{number}", people=[scene.bob], files=[scene.home]
            )
            change.record_decision(made, scene.bob, "approved", source="call")
        # a decline asks for another round, so it stays at hand until there is one
        change.request_approval(
            scene.design, "Again", people=[scene.anna], files=[scene.home], previous=scene.ask
        )
    assert scene.ask.id not in scene.project.approvals
    found = scene.visit().approval(scene.ask)
    assert found.outcome is Outcome.DECLINED
    assert found.title == "Homepage"


def test_the_history_is_read_in_pages_newest_first(scene: Scene) -> None:
    with scene.change() as change:
        for number in range(230):
            place = scene.secret if number % 2 else scene.build
            change.post_update(place, f"News {number}")
    visit = scene.visit()
    every = visit.activity(limit=1000)
    assert [a.seq for a in every] == sorted((a.seq for a in every), reverse=True)
    assert sum(a.kind == "update.posted" for a in every) == 116
    paged: list[Any] = []
    while page := visit.activity(before=paged[-1].seq if paged else 0, limit=40):
        assert len(page) <= 40
        paged += page
    assert paged == every


def test_the_history_of_one_milestone_is_only_that(scene: Scene) -> None:
    lines = scene.visit().activity(milestone=scene.design)
    assert {line.milestone for line in lines} == {scene.design.id}
    assert lines[-1].kind == "milestone.added"


# -- files --------------------------------------------------------------------------------------


def test_every_version_can_be_read_byte_for_byte(scene: Scene) -> None:
    with scene.change() as change:
        change.add_version(scene.home, stream(b"second"), changed="All", name="home v2.pdf")
    visit = scene.visit()
    first, second = visit.download(scene.home, 1), visit.download(scene.home, 2)
    assert (first.newest, second.newest) == (False, True)
    assert b"".join(first.read()) == b"%PDF-1.7 a page"
    assert b"".join(second.read(1, 3)) == b"eco"
    for download in (first, second):
        assert hashlib.sha256(b"".join(download.read())).hexdigest() == download.version.sha256
        assert download.version.size == len(b"".join(download.read()))
    assert (first.version.name, second.version.name) == ("homepage.pdf", "home v2.pdf")
    assert (first.version.type, second.version.type) == (
        "application/pdf",
        "application/octet-stream",
    )


@pytest.mark.parametrize("number", [0, -1, 2, 99])
def test_a_version_that_never_was_is_not_found(scene: Scene, number: int) -> None:
    with pytest.raises(NotFound) as refusal:
        scene.visit().download(scene.home, number)
    assert type(refusal.value) is NotFound


def test_a_withdrawn_version_is_gone_and_its_digest_and_reason_stay(scene: Scene) -> None:
    with scene.change() as change:
        change.add_version(scene.home, stream(b"second"), changed="All")
        change.withdraw_file(scene.home, "Old prices", version=1)
        change.withdraw_file(scene.home, "Wrong client")
    visit = scene.visit()
    for version, reason in ((1, "Old prices"), (2, "Wrong client")):
        with pytest.raises(Withdrawn) as refusal:
            visit.download(scene.home, version)
        assert refusal.value.evidence["reason"] == reason
    assert len({version.sha256 for version in visit.versions(scene.home)}) == 2


def test_staff_download_every_version_and_the_current_one_by_default(scene: Scene) -> None:
    with scene.change() as change:
        change.add_version(scene.home, stream(b"second"), changed="All")
    for number, words in ((None, b"second"), (2, b"second"), (1, b"%PDF-1.7 a page")):
        download = scene.desk.download(scene.id, scene.home, number)
        assert b"".join(download.read()) == words
        assert download.newest is (number != 1)
    assert b"".join(scene.desk.download(scene.id, scene.leak).read()) == b"sums"
    with scene.change() as change:
        change.withdraw_file(scene.home, "Wrong")
    with pytest.raises(Withdrawn):
        scene.desk.download(scene.id, scene.home)
    for project, file, number in (
        (scene.id, "none", None),
        (scene.id, scene.home, 3),
        ("none", scene.home, None),
    ):
        with pytest.raises(NotFound):
            scene.desk.download(project, file, number)


# -- being told ---------------------------------------------------------------------------------


def test_a_person_chooses_what_they_are_told(scene: Scene) -> None:
    visit = scene.visit()
    assert visit.notice_mode is NoticeMode.ALL
    visit.choose_notices("weekly")
    assert visit.notice_mode is NoticeMode.WEEKLY
    entry = scene.portal.entries(scene.id)[-1]
    assert (entry.kind, entry.actor, entry.subject) == (
        "notices.chosen",
        scene.anna.id,
        scene.anna.id,
    )
    assert scene.visit().notice_mode is NoticeMode.WEEKLY


def test_choosing_what_was_chosen_writes_nothing(scene: Scene) -> None:
    before = picture(scene.portal.ledger.store, scene.id)
    scene.visit().choose_notices(NoticeMode.ALL)
    assert picture(scene.portal.ledger.store, scene.id) == before


def test_what_is_no_mode_is_refused(scene: Scene) -> None:
    with pytest.raises(Invalid):
        scene.visit().choose_notices("never")


def test_whoever_only_reads_an_archived_project_chooses_too(scene: Scene) -> None:
    with scene.desk.change(scene.id) as change:
        change.set_scopes(scene.anna, READER)
        change.set_status("archived")
    visit = scene.visit()
    visit.choose_notices("decisions")
    assert visit.notice_mode is NoticeMode.DECISIONS


def test_a_link_that_was_revoked_meanwhile_chooses_nothing(scene: Scene) -> None:
    visit = scene.visit()
    with scene.desk.change(scene.id) as change:
        change.revoke_link(scene.anna)
    with pytest.raises(RevokedLink):
        visit.choose_notices("decisions")
