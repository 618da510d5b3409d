"""What staff learn of a client's visits: as much as is known, in words that claim no more."""

from __future__ import annotations

import pytest

from portalkit import NotAllowed, NotFound, Quarantine, Scope, Seen, Staff, StoreError, Why
from portalkit.language import Languages
from portalkit.model import LinkState, new_id
from portalkit.pages import download_sentence, seen_sentences, visibility_sentence
from portalkit.pages.wording import REASONS
from portalkit.rules.visibility import Visibility
from portalkit.storage.base import HOUR
from portalkit.storage.memory import MemoryAccessLog
from tests.core.world import Scene, picture, stream

SAY = Languages().choose(("en",), "Europe/Berlin")
SAGT = Languages().choose(("de",), "Europe/Berlin")


def record(scene: Scene, person: object, what: str, at: int) -> None:
    """Note a use of a person's link."""
    link = scene.project.link_of(person.id)  # type: ignore[attr-defined]
    assert link is not None
    scene.portal.access.record(scene.id, link.id, what, at)


def seen_of(scene: Scene, person: object) -> Seen:
    """What is known of one client."""
    (found,) = (s for s in scene.desk.seen(scene.id) if s.person.id == person.id)  # type: ignore[attr-defined]
    return found


# -- seen -----------------------------------------------------------------------------------------


def test_of_a_client_nobody_has_come_for_nothing_is_known(scene: Scene) -> None:
    seen = seen_of(scene, scene.anna)
    assert (seen.fetched_at, seen.seen_at, seen.used_at, seen.downloads) == (None, None, None, ())
    assert seen_sentences(seen, SAY, 0) == ("No sign that anybody has looked yet.",)


def test_each_kind_of_use_is_known_by_its_last_time(scene: Scene) -> None:
    """Fetched by machines and people, seen by people, and the bytes that went out to their end."""
    for what, at in [("fetched", 3), ("fetched", 1), ("seen", 2), (f"file:{scene.home.id}/1", 4)]:
        record(scene, scene.anna, what, at * HOUR)
    seen = seen_of(scene, scene.anna)
    assert (seen.fetched_at, seen.seen_at, seen.used_at) == (3 * HOUR, 2 * HOUR, 4 * HOUR)
    [download] = seen.downloads
    assert (download.file, download.version, download.at) == (scene.home.id, 1, 4 * HOUR)
    assert seen_of(scene, scene.bob).used_at is None


def test_what_earlier_releases_called_page_is_a_fetch(scene: Scene) -> None:
    record(scene, scene.anna, "page", HOUR)
    seen = seen_of(scene, scene.anna)
    assert (seen.fetched_at, seen.seen_at) == (HOUR, None)


def test_what_concerns_a_mail_is_no_use_of_the_link(scene: Scene) -> None:
    record(scene, scene.anna, "mail:m1", HOUR)
    assert seen_of(scene, scene.anna).used_at is None
    (info,) = (i for i in scene.desk.links(scene.id) if i.person.id == scene.anna.id)
    assert info.last_used is None


def test_downloads_are_named_by_version_the_newest_first(scene: Scene) -> None:
    """An older version by the name that it had."""
    with scene.change() as change:
        change.add_version(scene.home, stream(b"two"), changed="Bolder", name="second.pdf")
    first = scene.visit().versions(scene.home)[0].name
    for version, at in ((1, HOUR), (2, 2 * HOUR), (1, 3 * HOUR)):
        record(scene, scene.anna, f"file:{scene.home.id}/{version}", at)
    found = [(d.name, d.version, d.at) for d in seen_of(scene, scene.anna).downloads]
    assert found == [(first, 1, 3 * HOUR), ("second.pdf", 2, 2 * HOUR)]


@pytest.mark.parametrize("what", ["file:", "file:x/1", "file:{home}/9", "file:{home}/x", "other"])
def test_what_the_log_of_the_project_does_not_know_is_not_told(scene: Scene, what: str) -> None:
    """An access log is best effort: it may be of another time than a restored store."""
    record(scene, scene.anna, what.format(home=scene.home.id), HOUR)
    assert seen_of(scene, scene.anna).downloads == ()


def test_only_clients_whose_data_stand_are_listed(scene: Scene) -> None:
    """Staff have no link, and of whoever was forgotten nothing is told."""
    before = [seen.person.id for seen in scene.desk.seen(scene.id)]
    assert scene.anna.id in before
    assert all(scene.project.people[id].side == "client" for id in before)
    scene.portal.care.redact(scene.id, scene.anna.id)
    assert [s.person.id for s in scene.desk.seen(scene.id)] == [
        i for i in before if i != scene.anna.id
    ]


def test_a_log_that_cannot_be_read_is_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing known is not the same as nobody was there."""

    def broken(*_: object) -> None:
        raise StoreError("the access log is not there")

    monkeypatch.setattr(MemoryAccessLog, "of", broken)
    with pytest.raises(StoreError):
        scene.desk.seen(scene.id)


# -- words ----------------------------------------------------------------------------------------

AT = 1_796_000_000_000


def test_words_claim_no_more_than_is_known(scene: Scene) -> None:
    """A fetch may be a machine's; what somebody did was done with the link, by whom is not known."""
    record(scene, scene.anna, "fetched", AT)
    fetched = seen_of(scene, scene.anna)
    assert seen_sentences(fetched, SAY, AT) == (
        "The link was opened by a machine or a person on Mon 30 Nov, 01:53 CET.",
        "No sign that anybody has looked yet.",
    )
    record(scene, scene.anna, "seen", AT)
    name = fetched.person.name
    assert seen_sentences(seen_of(scene, scene.anna), SAY, AT) == (
        f"Somebody with {name}’s link acted on the page on Mon 30 Nov, 01:53 CET.",
        "The link was opened by a machine or a person on Mon 30 Nov, 01:53 CET.",
    )


def test_words_are_in_the_language_of_staff(scene: Scene) -> None:
    record(scene, scene.anna, "seen", AT)
    record(scene, scene.anna, f"file:{scene.home.id}/1", AT)
    seen = seen_of(scene, scene.anna)
    (said,) = seen_sentences(seen, SAGT, AT)
    assert said.startswith(f"Jemand mit dem Link von {seen.person.name} war am ")
    told = download_sentence(seen.downloads[0], SAGT, AT)
    assert "Version 1, wurde mit dem Link am " in told


# -- as a client ----------------------------------------------------------------------------------


def test_staff_look_as_a_client_does(scene: Scene) -> None:
    """The same project, answers and history, and what is hidden from the client is hidden here."""
    preview, visit = scene.desk.view_as(scene.id, scene.anna), scene.visit(scene.anna)
    assert preview.project == visit.project
    assert preview.answers == visit.answers
    assert preview.activity() == visit.activity()
    assert preview.update(scene.news) == visit.update(scene.news)
    assert preview.approval(scene.ask) == visit.approval(scene.ask)
    assert preview.versions(scene.home) == visit.versions(scene.home)
    for hidden in (lambda: preview.milestone(scene.secret), lambda: preview.versions(scene.leak)):
        with pytest.raises(NotFound):
            hidden()


def test_looking_as_a_client_leaves_no_trace(scene: Scene) -> None:
    """No entry, no access, no use of the link; and there is no way to write."""
    before = picture(scene.portal.ledger.store, scene.id)
    preview = scene.desk.view_as(scene.id, scene.anna)
    assert preview.answers
    assert preview.activity()
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert list(scene.portal.access.of(scene.id)) == []
    for name in ("decide", "upload", "note", "download"):
        assert not hasattr(preview, name)


def test_a_client_without_a_link_can_be_looked_as(scene: Scene) -> None:
    """With what a new link would allow; whose link ended, with what it allowed."""
    with scene.change() as change:
        eve = change.add_person("Eve New")
        change.set_scopes(scene.bob, [Scope.DOWNLOAD])
        change.revoke_link(scene.bob, "Left")
    new = scene.desk.view_as(scene.id, eve)
    assert (new.link_state, new.may_decide) == (None, True)
    old = scene.desk.view_as(scene.id, scene.bob)
    assert (old.link_state, old.may_decide) == (LinkState.REVOKED, False)
    assert scene.desk.view_as(scene.id, scene.anna).link_state is LinkState.ACTIVE


def test_only_clients_whose_data_stand_can_be_looked_as(scene: Scene) -> None:
    staff = next(p for p in scene.project.people.values() if p.side == "agency")
    for person in (staff, new_id()):
        with pytest.raises(NotFound):
            scene.desk.view_as(scene.id, person)
    scene.portal.care.redact(scene.id, scene.anna.id)
    with pytest.raises(NotAllowed):
        scene.desk.view_as(scene.id, scene.anna)


# -- why ------------------------------------------------------------------------------------------


def why(scene: Scene, person: object, thing: object) -> tuple[bool, bool, set[str]]:
    found = scene.desk.why_visible(scene.id, person, thing)  # type: ignore[arg-type]
    return found.visible, found.opens, set(found.reasons)


def test_what_a_client_sees_is_explained(scene: Scene) -> None:
    """By the milestone that the thing belongs to, and by the link."""
    shown = (True, True, {"shared", "link_active"})
    for thing in (scene.design, scene.home, scene.ask, scene.news):
        assert why(scene, scene.anna, thing) == shown
    for thing in (scene.secret, scene.leak):
        assert why(scene, scene.anna, thing) == (False, False, {"internal", "link_active"})


def test_the_explanation_agrees_with_what_is_shown(scene: Scene) -> None:
    """Every milestone, file, request and update of the project, for every client with a link that stands."""
    project = scene.project
    for person in (scene.anna, scene.bob):
        seen = scene.visit(person).project
        for things, shown in (
            (project.milestones, seen.milestones),
            (project.files, seen.files),
            (project.approvals, seen.approvals),
            (project.updates, seen.updates),
        ):
            for id in things:
                assert scene.desk.why_visible(scene.id, person, id).visible == (id in shown)


def test_what_is_older_than_what_is_at_hand_is_found(scene: Scene) -> None:
    """An update that has left the project's page still has its address."""
    with scene.change() as change:
        for number in range(60):
            change.post_update(scene.design, body=f"News {number}", about=scene.design)
    assert scene.news.id not in scene.project.updates
    assert why(scene, scene.anna, scene.news) == (True, True, {"shared", "link_active"})


@pytest.mark.parametrize("thing", ["a" * 26, "", "nope"])
def test_an_unknown_thing_is_said_to_be_unknown(scene: Scene, thing: str) -> None:
    assert why(scene, scene.anna, thing) == (False, False, {"unknown"})


def test_an_unknown_person_is_an_error(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.desk.why_visible(scene.id, new_id(), scene.home)


def test_the_link_counts(scene: Scene) -> None:
    """None, expired, revoked: nothing is seen; without downloads files are seen and stay closed."""
    with scene.change() as change:
        eve = change.add_person("Eve New")
        change.set_scopes(scene.bob, [Scope.VIEW])
    assert why(scene, eve, scene.home) == (False, False, {"shared", "no_link"})
    assert why(scene, scene.bob, scene.home) == (
        True,
        False,
        {"shared", "link_active", "no_downloads"},
    )
    assert why(scene, scene.bob, scene.ask) == (True, True, {"shared", "link_active"})
    with scene.change() as change:
        change.revoke_link(scene.bob, "Left")
    assert why(scene, scene.bob, scene.ask) == (False, False, {"shared", "link_revoked"})
    with scene.change() as change:
        change.extend_link(scene.anna, scene.portal.clock() + 1)
    scene.portal.clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert why(scene, scene.anna, scene.ask) == (False, False, {"shared", "link_expired"})


def test_bytes_out_of_reach_are_explained(scene: Scene) -> None:
    """Withdrawn by staff, or kept back by the inspection."""
    with scene.change() as change:
        change.withdraw_file(scene.home, "Wrong one")
    assert why(scene, scene.anna, scene.home) == (
        True,
        False,
        {"shared", "link_active", "withdrawn"},
    )
    scene.portal.inspect = lambda upload: Quarantine("Macros")
    [kept] = scene.visit(scene.anna).upload(scene.design, [("x.doc", stream(b"x"))])
    assert why(scene, scene.anna, kept) == (True, False, {"shared", "link_active", "quarantined"})


def test_staff_see_everything_and_the_forgotten_nothing(scene: Scene) -> None:
    staff = next(p for p in scene.project.people.values() if p.side == "agency")
    assert why(scene, staff, scene.leak) == (True, True, {"staff"})
    scene.portal.care.redact(scene.id, scene.anna.id)
    found = scene.desk.why_visible(scene.id, scene.anna, scene.design)
    assert (found.visible, found.reasons) == (False, (Why.ERASED,))
    assert "Somebody whose name was erased cannot see this." in visibility_sentence(found, SAY)


def test_another_account_explains_nothing(scene: Scene) -> None:
    other = scene.portal.desk(Staff("u9", "Mallory"), account="other")
    with pytest.raises(NotFound):
        other.why_visible(scene.id, scene.anna, scene.home)


def test_every_reason_has_its_words(scene: Scene) -> None:
    """In both languages, and none twice."""
    assert set(REASONS) == set(Why)
    person = scene.project.people[scene.anna.id]
    for say in (SAY, SAGT):
        said = {
            visibility_sentence(Visibility(person, True, True, (reason,)), say) for reason in Why
        }
        assert len(said) == len(Why)


@pytest.mark.parametrize(
    ("visible", "opens", "lead"),
    [
        (True, True, "can see this."),
        (True, False, "sees that this is there and cannot open it."),
        (False, False, "cannot see this."),
    ],
)
def test_the_words_begin_with_the_answer(
    scene: Scene, visible: bool, opens: bool, lead: str
) -> None:
    person = scene.project.people[scene.anna.id]
    said = visibility_sentence(Visibility(person, visible, opens, (Why.SHARED,)), SAY)
    assert said == f"{person.name} {lead} The milestone is shown to clients."
