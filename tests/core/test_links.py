"""Tokens, cookies and keys: one spelling opens, everything else does not."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from portalkit import (
    BadLink,
    ConfigError,
    ExpiredLink,
    Invalid,
    LinkGone,
    NotAllowed,
    NotFound,
    ReplacedLink,
    RevokedLink,
)
from portalkit.links import Cookie, Keys, Ticket, link_id, new_nonce, project_of
from portalkit.model import new_id
from portalkit.storage.memory import MemoryStore
from portalkit.testing import FixedClock
from tests.core.world import BEN, KEY, TEXT, Scene, make_portal, token_of

OTHER = "0fJq-9sLw_2bXz5Ne8Ku1Rd4Ga7Ty3Mp6Hv-Ci0_QoU"
LINK = "p1.k3v7qz2mwp5xh4rn6tbd2gyj5c"
TICKET = Ticket(LINK, "2d9f6b1c84e07a35f19c5e0b7d6a3842")
COMPRESSED = Ticket(LINK, "5c0f" * 8)
COOKIE = Cookie(LINK, "2d9f6b1c84e07a35f19c5e0b7d6a3842", "session", 1, 2, 3, 4)
LETTERS = string.ascii_letters + string.digits + "-_.=+/ é\n\0"


def opens(read: Callable[[str], Any], text: str) -> bool:
    try:
        read(text)
    except BadLink:
        return False
    return True


def test_a_token_names_its_link_and_secret() -> None:
    assert Keys([KEY]).read_token(Keys([KEY]).token(TICKET)) == TICKET


def test_a_cookie_comes_back_as_it_was_given() -> None:
    assert Keys([KEY]).read_cookie(Keys([KEY]).cookie(COOKIE)) == COOKIE


@given(st.dictionaries(TEXT, TEXT | st.integers(0, 9) | st.none(), max_size=3))
@settings(max_examples=50)
def test_a_confirmation_comes_back_as_it_was_given(value: dict[str, Any]) -> None:
    assert Keys([KEY]).read_intent(Keys([KEY]).intent(value)) == value


def test_a_secret_that_repeats_itself_makes_a_token_of_the_other_form() -> None:
    """Both forms, with and without compression, are tried below."""
    assert not Keys([KEY]).token(TICKET).startswith(".")
    assert Keys([KEY]).token(COMPRESSED).startswith(".")


BOTH_FORMS = pytest.mark.parametrize("ticket", [TICKET, COMPRESSED], ids=["plain", "compressed"])


@BOTH_FORMS
def test_no_token_with_any_single_character_changed_is_accepted(ticket: Ticket) -> None:
    """Base64 is malleable: several last characters decode to the same bytes, and one alone is ours."""
    keys = Keys([KEY])
    token = keys.token(ticket)
    for at, old in enumerate(token):
        for new in LETTERS.replace(old, ""):
            changed = token[:at] + new + token[at + 1 :]
            assert not opens(keys.read_token, changed), (at, new)


@pytest.mark.parametrize(
    "suffix", ["=", "==", "é", " ", "\n", "\0", ".", "A", "%3D", "\u200b", "/"]
)
@BOTH_FORMS
def test_no_token_with_something_before_after_or_inside_is_accepted(
    ticket: Ticket, suffix: str
) -> None:
    keys = Keys([KEY])
    token = keys.token(ticket)
    payload, _, signature = token.rpartition(".")
    for changed in (
        *(token + suffix, suffix + token, f"{payload}{suffix}.{signature}"),
        f"{payload}.{suffix}{signature}",
    ):
        assert not opens(keys.read_token, changed), changed


@BOTH_FORMS
def test_no_part_of_a_token_is_accepted(ticket: Ticket) -> None:
    keys = Keys([KEY])
    token = keys.token(ticket)
    assert not any(opens(keys.read_token, token[:length]) for length in range(len(token)))
    assert not any(opens(keys.read_token, token[start:]) for start in range(1, len(token)))


@given(st.text(max_size=40) | st.text(string.ascii_letters + "._-", max_size=80))
@settings(max_examples=100)
def test_no_other_text_is_accepted(text: str) -> None:
    keys = Keys([KEY])
    for read in (keys.read_token, keys.read_cookie, keys.read_intent, keys.read_unsubscribe_token):
        assert not opens(read, text)


def test_the_token_that_ends_mail_names_its_link_and_opens_nothing() -> None:
    """It has a purpose of its own: mail programs and gateways hold it too."""
    keys = Keys([KEY])
    token = keys.unsubscribe_token(TICKET)
    assert keys.read_unsubscribe_token(token) == TICKET
    assert not opens(keys.read_token, token)
    assert not opens(keys.read_cookie, token)
    assert not opens(keys.read_unsubscribe_token, keys.token(TICKET))
    assert not opens(keys.read_unsubscribe_token, token[:-1])


def test_what_was_signed_for_one_purpose_is_refused_for_any_other() -> None:
    keys = Keys([KEY])
    token, cookie = keys.token(TICKET), keys.cookie(COOKIE)
    intent, unsubscribe = keys.intent({"link": LINK}), keys.unsubscribe_token(TICKET)
    for read, good in (
        (keys.read_unsubscribe_token, unsubscribe),
        (keys.read_token, token),
        (keys.read_cookie, cookie),
        (keys.read_intent, intent),
    ):
        assert [text for text in (token, cookie, intent, unsubscribe) if opens(read, text)] == [
            good
        ]


def test_a_signature_belongs_to_what_it_was_made_for() -> None:
    keys = Keys([KEY])
    mine, yours = keys.token(TICKET), keys.token(Ticket(link_id("p2", new_id()), "x"))
    swapped = mine.split(".")[0] + "." + yours.split(".")[1]
    assert not opens(keys.read_token, swapped)


@pytest.mark.parametrize(
    "value",
    [
        ["link", 2, LINK, "nonce"],
        ["hub", 1, LINK, "nonce"],
        ["link", 1, LINK],
        ["link", 1, LINK, None],
        {"link": LINK},
        LINK,
    ],
)
def test_what_later_versions_may_sign_is_refused_and_not_misread(value: Any) -> None:
    def signed(salt: str) -> str:
        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return str(URLSafeSerializer(KEY, salt=salt, signer_kwargs=how).dumps(value))

    keys = Keys([KEY])
    assert not opens(keys.read_token, signed("portalkit.link"))
    assert not opens(keys.read_cookie, signed("portalkit.cookie"))
    assert not opens(keys.read_unsubscribe_token, signed("portalkit.unsubscribe"))
    assert opens(keys.read_intent, signed("portalkit.intent")) is isinstance(value, dict)


def test_another_key_opens_nothing() -> None:
    assert not opens(Keys([OTHER]).read_token, Keys([KEY]).token(TICKET))
    assert not opens(Keys([OTHER]).read_cookie, Keys([KEY]).cookie(COOKIE))


def test_a_token_is_the_same_each_time_and_names_no_person() -> None:
    """Persistent: the link in the first mail and in the last one are equal."""
    assert Keys([KEY]).token(TICKET) == Keys([KEY]).token(TICKET)


# -- keys ---------------------------------------------------------------------------------------


def test_a_new_key_signs_and_the_old_one_still_opens_until_it_is_taken_away() -> None:
    old = Keys([KEY]).token(TICKET)
    rotated = Keys([OTHER, KEY])
    assert rotated.read_token(old) == TICKET
    new = rotated.token(TICKET)
    assert new != old
    assert Keys([OTHER]).read_token(new) == TICKET
    assert not opens(Keys([OTHER]).read_token, old)
    assert rotated.read_cookie(Keys([KEY]).cookie(COOKIE)) == COOKIE


def test_keys_may_be_bytes() -> None:
    assert Keys([KEY.encode()]).read_token(Keys([KEY]).token(TICKET)) == TICKET


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="none"),
        pytest.param(None, id="not set"),
        pytest.param([""], id="empty"),
        pytest.param([None], id="an unset variable"),
        pytest.param(KEY, id="one string in place of a list"),
        pytest.param(KEY.encode(), id="bytes in place of a list"),
        pytest.param([KEY[:31]], id="31 bytes"),
        pytest.param(["a" * 64], id="one letter over and over"),
        pytest.param(["abcdefg" * 9], id="seven letters over and over"),
        pytest.param(["django-insecure-" + KEY], id="Django's sample"),
        pytest.param(["Change-Me-" + KEY], id="a sample of a manual"),
        pytest.param(["my-very-SECRET-key-" + KEY], id="a word"),
        pytest.param([KEY, "short"], id="a short one among good ones"),
        pytest.param([12345], id="a number"),
        pytest.param(12345, id="a number in place of a list"),
        pytest.param({KEY}, id="a set, in which none is the newest"),
        pytest.param({KEY: KEY}, id="a dictionary"),
    ],
)
def test_weak_keys_are_refused_at_the_start(keys: Any) -> None:
    with pytest.raises(ConfigError) as refusal:
        make_portal(keys=keys)
    assert "secrets.token_urlsafe" in refusal.value.remedy
    assert KEY[:20] not in str(refusal.value)


@pytest.mark.parametrize("key", [KEY + "\n", " " + KEY, KEY + "\t", "\r\n" + KEY])
def test_a_key_with_its_line_break_is_refused_at_the_start(key: str) -> None:
    """Read without it, by another process, it would be another key, and no link would open."""
    with pytest.raises(ConfigError) as refusal:
        make_portal(keys=[key])
    assert ".strip()" in refusal.value.remedy
    assert KEY[:20] not in str(refusal.value)


def test_a_key_of_bytes_may_end_in_any_byte() -> None:
    keys = Keys([bytes(range(33)) + b"\n"])
    assert keys.read_token(keys.token(TICKET)) == TICKET


def test_a_key_of_32_bytes_is_enough() -> None:
    assert opens(Keys([KEY[:32]]).read_token, Keys([KEY[:32]]).token(TICKET))


# -- forms --------------------------------------------------------------------------------------


def test_a_form_is_proved_by_the_value_of_its_link_and_browser_alone() -> None:
    keys = Keys([KEY])
    value = keys.form_token(LINK, "session")
    assert keys.check_form_token(value, LINK, "session")
    assert Keys([OTHER, KEY]).check_form_token(value, LINK, "session")
    for other in (value[:-1], value + "0", value.upper(), "", "é", "\ud800", "0" * 64):
        assert not keys.check_form_token(other, LINK, "session")
    assert not keys.check_form_token(value, LINK, "other")
    assert not keys.check_form_token(value, link_id("p1", new_id()), "session")
    assert not Keys([OTHER]).check_form_token(value, LINK, "session")


# -- link ids -----------------------------------------------------------------------------------


@given(st.from_regex(r"[a-z0-9._-]{1,64}", fullmatch=True))
@settings(max_examples=50)
def test_a_link_id_names_its_project(project: str) -> None:
    assert project_of(link_id(project, new_id())) == project


@pytest.mark.parametrize(
    "link", ["", "p1", f".{'a' * 26}", "p1.short", f"P1.{'a' * 26}", f"p1.{'a' * 26}\n", "é" * 30]
)
def test_anything_else_is_no_link_id(link: str) -> None:
    with pytest.raises(BadLink):
        project_of(link)


def test_secrets_are_128_random_bits() -> None:
    assert len({new_nonce() for _ in range(100)}) == 100
    assert len(bytes.fromhex(new_nonce())) == 16


# -- doors --------------------------------------------------------------------------------------


def test_a_token_opens_the_project_for_its_person(scene: Scene) -> None:
    visit = scene.portal.visit(token_of(scene.portal, scene.id, scene.anna))
    assert (visit.person.id, visit.project.id, visit.recognised) == (
        scene.anna.id,
        scene.id,
        "link",
    )


@pytest.mark.parametrize("token", [None, 5, b"x", ["x"], ""])
def test_what_is_no_token_opens_nothing(scene: Scene, token: Any) -> None:
    """A view may pass on what its request has brought, also if that is nothing."""
    for door in (scene.portal.visit, scene.portal.subscriber, scene.portal.unsubscribe):
        with pytest.raises(BadLink):
            door(token)
    scene.portal.request_link(token)


@pytest.mark.parametrize("user", [None, "Ben Ode", object()])
def test_a_desk_is_for_a_staff_member(scene: Scene, user: Any) -> None:
    """Who is not logged in has no desk, and the refusal says what one is for."""
    with pytest.raises(Invalid, match="no staff member"):
        scene.portal.desk(user)


@pytest.mark.parametrize("account", [None, 5, b"acme"])
def test_an_account_is_a_text(scene: Scene, account: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        scene.portal.desk(BEN, account=account)
    assert refusal.value.evidence == {"field": "account", "value": account}
    with pytest.raises(Invalid):
        list(scene.portal.care.projects(account))


def test_what_a_link_was_used_for_is_a_text(scene: Scene) -> None:
    """What is noted as something else would stand in the way of a decision."""
    visit = scene.visit()
    with pytest.raises(Invalid):
        visit.note(None)  # type: ignore[arg-type]
    assert visit.opened() == ()


def test_the_portal_takes_a_project_by_itself_its_id_or_its_head(scene: Scene) -> None:
    [head] = scene.desk.projects()
    portal, project = scene.portal, scene.project
    address, end = (
        scene.desk.link_url(scene.id, scene.anna),
        portal.unsubscribe_url(project, scene.anna),
    )
    for it in (project, scene.id, head):
        assert portal.link_url(it, scene.anna) == address
        assert portal.unsubscribe_url(it, scene.anna) == end
        assert portal.project(it) == project
        assert portal.entries(it) == scene.desk.history(scene.id)
    with pytest.raises(NotFound):
        portal.link_url("nowhere", scene.anna)


def test_the_address_of_a_link_may_lead_to_a_page_behind_it(scene: Scene) -> None:
    url = scene.desk.link_url(scene.id, scene.anna)
    assert url.startswith("https://agency.example/portal/l/")
    assert scene.desk.link_url(scene.id, scene.anna, "/a/x") == f"{url}/a/x"
    with pytest.raises(NotFound):
        scene.desk.link_url(scene.id, "nobody")


def test_a_token_of_the_right_key_with_a_wrong_secret_opens_nothing(scene: Scene) -> None:
    """A leaked key alone opens nothing."""
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    for nonce in ("", new_nonce(), link.nonce.upper(), link.nonce + "0"):
        with pytest.raises(BadLink):
            scene.portal.visit(scene.portal.keys.token(Ticket(link.id, nonce)))


def test_a_token_with_the_right_secret_for_another_link_opens_nothing(scene: Scene) -> None:
    anna, bob = (scene.project.link_of(p.id) for p in (scene.anna, scene.bob))
    assert anna is not None
    assert bob is not None
    for id in (bob.id, link_id("p1", new_id()), link_id("p2", new_id()), "nonsense"):
        with pytest.raises(BadLink):
            scene.portal.visit(scene.portal.keys.token(Ticket(id, anna.nonce)))


def test_a_leaked_log_alone_opens_nothing(scene: Scene) -> None:
    other = make_portal(scene.portal.ledger.store, keys=[OTHER])
    with pytest.raises(BadLink):
        scene.portal.visit(token_of(other, scene.id, scene.anna))


def test_links_outlive_the_rotation_of_keys(scene: Scene) -> None:
    token = token_of(scene.portal, scene.id, scene.anna)
    rotated = make_portal(scene.portal.ledger.store, keys=[OTHER, KEY])
    assert rotated.visit(token).person.id == scene.anna.id
    assert rotated.visit(token_of(rotated, scene.id, scene.anna)).person.id == scene.anna.id


def test_a_rotated_link_tells_the_holder_of_an_older_token_and_opens_for_the_newest(
    scene: Scene,
) -> None:
    tokens = [token_of(scene.portal, scene.id, scene.anna)]
    for _ in range(3):
        with scene.change() as change:
            change.rotate_link(scene.anna)
        tokens.append(token_of(scene.portal, scene.id, scene.anna))
    assert scene.portal.visit(tokens[-1]).person.id == scene.anna.id
    for old in tokens[:-1]:
        with pytest.raises(ReplacedLink):
            scene.portal.visit(old)


def test_a_rotation_of_one_link_leaves_the_others_alone(scene: Scene) -> None:
    token = token_of(scene.portal, scene.id, scene.bob)
    with scene.change() as change:
        change.rotate_link(scene.anna)
        change.revoke_link(scene.anna)
    assert scene.portal.visit(token).person.id == scene.bob.id


def test_a_revoked_link_opens_nothing_and_the_token_of_a_new_issue_does(scene: Scene) -> None:
    token = token_of(scene.portal, scene.id, scene.anna)
    with scene.change() as change:
        change.revoke_link(scene.anna)
    with pytest.raises(RevokedLink):
        scene.portal.visit(token)
    with scene.change() as change:
        change.issue_link(scene.anna)
    with pytest.raises(ReplacedLink):
        scene.portal.visit(token)
    assert (
        scene.portal.visit(token_of(scene.portal, scene.id, scene.anna)).person.name
        == "Anna Keller"
    )


def test_an_expired_link_opens_nothing_until_it_is_extended(
    scene: Scene, clock: FixedClock
) -> None:
    token = token_of(scene.portal, scene.id, scene.anna)
    with scene.change() as change:
        change.extend_link(scene.anna, clock() + 1000)
    assert scene.portal.visit(token).person.name == "Anna Keller"
    clock.advance(seconds=1)
    with pytest.raises(ExpiredLink):
        scene.portal.visit(token)
    with scene.change() as change:
        change.extend_link(scene.anna, clock() + 1000)
    assert scene.portal.visit(token).person.name == "Anna Keller"


def test_a_clock_set_back_closes_no_link(scene: Scene, clock: FixedClock) -> None:
    token = token_of(scene.portal, scene.id, scene.anna)
    clock.advance(days=-400)
    assert scene.portal.visit(token).person.name == "Anna Keller"


def test_a_cookie_opens_what_its_token_opened_and_falls_with_it(scene: Scene) -> None:
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    cookie = Cookie(link.id, link.nonce, "s", 0, 0, 0, 0)
    assert scene.portal.visit_by_cookie(cookie).person.id == scene.anna.id
    with scene.change() as change:
        change.rotate_link(scene.anna)
    with pytest.raises(ReplacedLink):
        scene.portal.visit_by_cookie(cookie)


def test_a_host_may_open_a_project_for_a_client_it_has_recognised(scene: Scene) -> None:
    visit = scene.portal.visit_as(scene.id, scene.anna.id)
    assert (visit.person.id, visit.recognised) == (scene.anna.id, "host")


def test_the_link_counts_for_a_client_recognised_by_the_host_too(
    scene: Scene, clock: FixedClock
) -> None:
    with scene.change() as change:
        new = change.add_person("New")
        change.revoke_link(scene.anna)
        change.extend_link(scene.bob, clock())
    for person, error in (
        (scene.anna.id, RevokedLink),
        (scene.bob.id, ExpiredLink),
        (new.id, NotAllowed),
        ("nobody", NotFound),
    ):
        with pytest.raises(error):
            scene.portal.visit_as(scene.id, person)
    with pytest.raises(NotFound):
        scene.portal.visit_as("nothing", scene.anna.id)


def test_staff_see_what_every_link_is_good_for_and_when_it_was_used(
    scene: Scene, clock: FixedClock
) -> None:
    scene.visit(scene.anna).note("page")
    clock.advance(days=1)
    scene.visit(scene.anna).note("page")
    infos = {info.person.id: info for info in scene.desk.links(scene.id)}
    assert infos[scene.anna.id].last_used == clock()
    assert infos[scene.bob.id].last_used is None
    assert infos[scene.anna.id].url == scene.desk.link_url(scene.id, scene.anna)
    assert [info.state.value for info in infos.values()] == ["active", "active"]


def test_a_link_to_an_erased_project_opens_nothing() -> None:
    store = MemoryStore()
    portal = make_portal(store)
    with portal.desk(BEN).open("T", client="C", id="p1") as change:
        change.issue_link(anna := change.add_person("Anna Keller"))
    token = token_of(portal, "p1", anna)
    assert portal.visit(token).person.name == "Anna Keller"
    store.erase("p1")
    with pytest.raises(BadLink) as refusal:
        portal.visit(token)
    assert not isinstance(refusal.value, LinkGone)
