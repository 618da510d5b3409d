"""What version 0.1.0 wrote is read for ever: a log with every kind of fact, and what was signed for it.

The rows, tokens and values below were recorded once.  They are never made anew: if one of these tests
fails, a change would make somebody's log, link or evidence unreadable.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from portalkit import (
    ApprovalState,
    FileState,
    LinkState,
    MilestoneStatus,
    Outcome,
    Portal,
    Project,
    ProjectStatus,
    ReplacedLink,
    Resource,
    RevokedLink,
    Scope,
    Side,
    UnknownFact,
)
from portalkit.codec import GENESIS, entry_of, verify_row
from portalkit.fold import fold, fold_approval, fold_update, versions
from portalkit.portal.ledger import State, head_of
from portalkit.rules import manifest_digest
from portalkit.storage import Row
from portalkit.storage.memory import MemoryStore
from tests.core.golden import CHAINS, FOLDER, recorded
from tests.core.world import BEN, make_portal

KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"
TOKEN = (
    ".eJyLVsrJzMtW0jHUUUrPz0lJzdMD8ROxAiUdJaMUyzSzJMNkC5NUA_NEY9M0Q8tk01SDJPMUs0RjCxMjpVgASFUZVw"
    ".dckWs0SCpJDxtF42FBFxTPZNratl5JOEiKuafErTAcw"
)
OLDER_TOKEN = (
    ".eJyLVsrJzMtW0jHUUUrPz0lJzdMD8ROxAiUdJQNDI2MTUzNzC8vEpOSU1DR0vlIsADlYGVc"
    ".EjzzU2jkKDhK6adpqWYsYjd7BQO6Ohg-vT8-wiPFRAI"
)
COOKIE = (
    ".eJyLVkrPz0lJzdPLyczLTsQKlHSUjFIs08ySDJMtTFINzBONTdMMLZNNUw2SzFPMEo0tTIyASooNlXQMdYx0jHVMYgHAthlq"
    ".k6Ws18gM2IacT1AmXcnFynEu1jZAgXIk0nXRyZVvVMM"
)
MANIFEST = "8239341f4fc5d8c275ec8bba792e686b37220af8e6db9b2eea9677a3f4d54665"
KINDS_OF_0_1_0 = {
    *("project.opened", "project.changed", "project.status", "project.resources"),
    *("person.added", "person.changed"),
    *("link.issued", "link.rotated", "link.changed", "link.revoked", "link.requested"),
    *("milestone.added", "milestone.changed", "milestone.ordered"),
    *("milestone.started", "milestone.completed", "milestone.reopened"),
    *(
        "update.posted",
        "update.revised",
        "file.added",
        "file.version",
        "file.state",
        "file.withdrawn",
    ),
    *("approval.requested", "approval.decided", "approval.superseded", "approval.voided"),
}


def id_(name: str) -> str:
    return name.ljust(26, "a")


ROWS = recorded("0.1.0")
ENTRIES = [entry_of(row) for row in ROWS]
PROJECT: Any = fold(ENTRIES)


def test_there_is_a_row_of_every_kind() -> None:
    assert {row.kind for row in ROWS} == KINDS_OF_0_1_0


@pytest.mark.parametrize("name", CHAINS)
def test_every_row_verifies_also_when_it_is_redacted(name: str) -> None:
    chain = GENESIS
    for seq, row in enumerate(recorded(name), start=1):
        assert verify_row(row, previous=chain, seq=seq) == ""
        assert verify_row(evolve(row, sealed=""), previous=chain, seq=seq) == ""
        chain = row.chain
    assert chain == CHAINS[name]


def test_every_recording_is_kept() -> None:
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(CHAINS)


def test_no_kind_was_forgotten() -> None:
    assert [e.kind for e in ENTRIES if isinstance(e.fact, UnknownFact)] == []


def test_the_project() -> None:
    assert PROJECT.id == "golden"
    assert (PROJECT.title, PROJECT.client_name) == ("Website relaunch 2026", "Acme Ceramics")
    assert (PROJECT.account, PROJECT.ref, PROJECT.client) == ("studio", "crm:17", "acme")
    assert (PROJECT.summary, PROJECT.brand) == ("A new site.", "studio")
    assert (PROJECT.zone, PROJECT.locale) == ("Europe/Berlin", "de")
    assert (PROJECT.status, PROJECT.status_reason) == (ProjectStatus.ON_HOLD, "Holidays")
    assert (PROJECT.version, PROJECT.newer) == (35, False)
    assert (PROJECT.created_at, PROJECT.updated_at) == (1767603660000, 1767605700000)
    assert PROJECT.resources == (
        Resource("Staging", "https://staging.acme.example/"),
        Resource("Call us", "tel:+4930123"),
    )


def test_its_people() -> None:
    ben, anna, bob = PROJECT.people.values()
    assert (ben.id, ben.side, ben.name, ben.ref) == (id_("ben"), Side.AGENCY, "Ben Ode", "u1")
    assert (ben.email, ben.role) == ("ben@studio.example", "Designer")
    assert (anna.side, anna.name, anna.locale) == (Side.CLIENT, "Anna Keller", "de")
    assert (bob.name, bob.email, bob.role) == ("Bob Stöne", "bob@acme.example", "CTO")
    assert (bob.locale, bob.zone) == ("en-GB", "Europe/London")


def test_its_milestones() -> None:
    design, margins, build = PROJECT.milestones.values()
    assert (design.title, design.summary) == ("Design", "How it looks")
    assert (design.starts, design.due) == (date(2026, 1, 5), date(2026, 2, 27))
    assert (design.started_at, design.completed_at) == (1767600000000, 1767620000000)
    assert (design.status, design.outcome) == (
        MilestoneStatus.COMPLETED,
        "Approved with small changes",
    )
    assert (margins.title, margins.internal) == ("Margins", True)
    assert (build.status, build.outcome) == (MilestoneStatus.IN_PROGRESS, "")
    assert (build.summary, build.due) == ("How it works", date(2026, 4, 30))


def test_its_updates() -> None:
    first, second = fold_update(e for e in ENTRIES if e.subject == id_("news"))
    assert (first.body, first.doing) == ("See **the file**.", "Footer")
    assert (second.revision, second.done) == (2, "Homepage and footer")
    assert (second.next, second.need, second.about) == ("Build", "Your decision", id_("ask"))
    assert PROJECT.latest_update == second


def test_its_files() -> None:
    home, plan = PROJECT.files.values()
    assert (home.name, home.purpose, home.versions) == ("homepage.pdf", "All screens", 2)
    assert (home.state, home.current.changed) == (FileState.FINAL, "Hero tightened")
    assert (home.current.key, home.current.size) == ("golden/two", 1001)
    assert (home.current.sha256, home.current.type) == ("2" * 64, "application/pdf")
    assert plan.current.withdrawn == "Wrong client"
    numbers = [v.number for v in versions(e for e in ENTRIES if e.subject == id_("home"))]
    assert numbers == [1, 2]


def approval(name: str) -> Any:
    return fold_approval(e for e in ENTRIES if e.subject == id_(name))


def test_its_approvals() -> None:
    first, second, third = approval("ask"), approval("asktwo"), approval("askthree")
    assert (first.state, first.superseded_by) == (ApprovalState.SUPERSEDED, second.id)
    assert (third.state, third.void_why) == (ApprovalState.VOID, "Too early")
    assert (second.state, second.outcome) == (
        ApprovalState.CLOSED,
        Outcome.APPROVED_WITH_CHANGES,
    )
    assert (second.round, second.previous, second.needed) == (2, first.id, 1)
    assert second.due == date(2026, 2, 20)
    assert second.people == (id_("anna"), id_("bob"))
    assert PROJECT.approvals == {second.id: second}
    (decision,) = second.decisions
    assert (decision.person, decision.typed_name) == (id_("anna"), "Anna Keller")
    assert decision.comment == "Größer, bitte"


def test_the_digest_that_the_decision_is_bound_to() -> None:
    second = approval("asktwo")
    assert second.manifest == MANIFEST
    assert manifest_digest(second.id, second.title, second.statement, second.files) == MANIFEST


def test_the_evidence_of_the_decision() -> None:
    (fact,) = [e.fact for e in ENTRIES if e.kind == "approval.decided"]
    evidence: Any = fact
    assert evidence.manifest == MANIFEST
    assert evidence.link == f"golden.{id_('link')}"
    assert (evidence.recognised, evidence.confirmed, evidence.locale) == ("link", True, "de")
    assert (evidence.served_at, evidence.opened) == (1767610000000, (f"{id_('home')}/2",))
    assert (evidence.sentence, evidence.session) == ("Ich gebe frei.", "s1")
    assert (evidence.address, evidence.user_agent) == ("192.0.2.7", "Browser/1")
    assert evidence.software == "portalkit 0.1.0"


def test_its_link() -> None:
    (link,) = PROJECT.links.values()
    assert (link.id, link.person) == (f"golden.{id_('link')}", id_("anna"))
    assert link.scopes == {Scope.VIEW, Scope.DOWNLOAD, Scope.DECIDE}
    assert link.state(0) is LinkState.REVOKED
    assert link.requested_at == 1767604920000


def test_its_history() -> None:
    seen = {(a.kind, a.title, a.detail, a.note) for a in PROJECT.recent}
    for line in (
        ("project.status", "", "on_hold", "Holidays"),
        ("file.version", "homepage.pdf", "2", "Hero tightened"),
        ("file.withdrawn", "plan.txt", "1", "Wrong client"),
        ("milestone.reopened", "", "", "One more page"),
        ("update.posted", "Screens", "", ""),
        (
            *("approval.decided", "Homepage “Größe”"),
            *(f"approved_with_changes {id_('anna')}", ""),
        ),
    ):
        assert line in seen


# -- in a store ---------------------------------------------------------------------------------


def stored(rows: list[Row]) -> Portal:
    """A portal on a store that holds the rows and no snapshot."""
    store = MemoryStore()
    project: Project | None = fold(map(entry_of, rows))
    assert project is not None
    store.commit(head_of(State(project, rows[-1].chain), with_snapshot=False), rows, expected="")
    return make_portal(store, keys=[KEY])


def test_the_log_is_read_verified_and_written_on() -> None:
    portal = stored(ROWS)
    assert portal.project(ref="crm:17", account="studio") == PROJECT
    assert portal.verify("golden").ok
    with portal.desk(BEN, account="studio").change("golden") as change:
        change.set_status("active")
    assert portal.entries("golden")[-1].actor == id_("ben")
    assert portal.verify("golden").ok


def test_the_token_opens_until_the_link_was_revoked() -> None:
    assert ROWS[-1].kind == "link.revoked"
    portal = stored(ROWS[:-1])
    assert portal.visit(TOKEN).person.name == "Anna Keller"
    assert portal.visit_by_cookie(portal.keys.read_cookie(COOKIE)).person.name == "Anna Keller"
    with pytest.raises(ReplacedLink):
        portal.visit(OLDER_TOKEN)
    with pytest.raises(RevokedLink):
        stored(ROWS).visit(TOKEN)


def test_the_cookie_holds_what_it_held() -> None:
    cookie = stored(ROWS).keys.read_cookie(COOKIE)
    assert (cookie.session, cookie.born, cookie.seen_at) == ("s1", 1, 2)
    assert (cookie.seen_seq, cookie.marker) == (3, 4)
