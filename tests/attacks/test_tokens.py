"""Tokens and cookies that nobody signed: 100,000 of them open nothing, break nothing, and are looked up nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from itsdangerous import Signer, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from portalkit import BadLink
from portalkit.links import Cookie, Keys, Ticket, new_nonce
from portalkit.web import Request
from tests.attacks.tokens import FAMILIES, mutations
from tests.hosts import Host
from tests.hosts.fixtures import EVERY
from tests.web.stage import KEY, Stage, answered, plain

pytestmark = pytest.mark.hosts(*EVERY)

KEYS = Keys([KEY])
LINK = "p1.k3v7qz2mwp5xh4rn6tbd2gyj5c"
TOKENS = {
    "plain": KEYS.token(Ticket(LINK, "2d9f6b1c84e07a35f19c5e0b7d6a3842")),
    "compressed": KEYS.token(Ticket("p1." + "a" * 26, "5c0f" * 8)),
    "long": KEYS.token(Ticket("p" * 64 + ".k3v7qz2mwp5xh4rn6tbd2gyj5c", "0b7d6a38422d9f6b1c84e07a35f19c5e")),
    "cookie": KEYS.cookie(Cookie(LINK, "2d9f6b1c84e07a35f19c5e0b7d6a3842", "5f19c5e0b7d6a384", 10**12, 2, 3, 4)),
    "confirmation": KEYS.intent({"step": "confirm", "link": LINK, "session": "5f19c5e0b7d6a384"}),
}  # fmt: skip


def opened(texts: Sequence[str]) -> list[str]:
    """Which texts any of the three readers takes; nothing but `BadLink` may come of the others."""
    found = []
    readers: tuple[Callable[[str], Any], ...] = (
        KEYS.read_token,
        KEYS.read_cookie,
        KEYS.read_intent,
    )
    for text in texts:
        for read in readers:
            try:
                read(text)
            except BadLink:
                continue
            found.append(text)
    return found


@pytest.mark.parametrize("kind", TOKENS)
def test_no_mutation_of_a_token_opens_anything(kind: str) -> None:
    """Every family of mutations of every kind of token; the genuine one is read, so the reader is not deaf."""
    assert opened([TOKENS[kind]]) == [TOKENS[kind]]
    for name, texts in mutations(TOKENS[kind]).items():
        assert texts, name
        assert opened(texts) == [], name


def test_there_are_100_000_of_them() -> None:
    """All different, of nine families and five kinds of token."""
    made = {
        text for token in TOKENS.values() for texts in mutations(token).values() for text in texts
    }
    assert len(made) >= 100_000
    assert len(FAMILIES) >= 9


def some(token: str) -> list[str]:
    """One in twenty of the mutations, of each family."""
    return [text for texts in mutations(token).values() for text in texts[::20]]


def signed(value: Any, salt: str, key: str = KEY, **how: Any) -> str:
    """A value, signed by hand."""
    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256, **how}
    return str(URLSafeSerializer(key, salt=salt, signer_kwargs=how).dumps(value))


def forged() -> dict[str, str]:
    """What somebody might sign who has a key, or guesses how: none of it is a token of ours."""
    value = ["link", 1, LINK, "2d9f6b1c84e07a35f19c5e0b7d6a3842"]
    made = {f"salt {salt!r}": signed(value, salt) for salt in
            ("", "itsdangerous", "portalkit", "portalkit.cookie", "portalkit.intent", "portalkit.form", "portalkit.link ", "PORTALKIT.LINK", "cookie-session")}  # fmt: skip
    made |= {
        f"derivation {d}": signed(value, "portalkit.link", key_derivation=d)
        for d in ("concat", "django-concat", "none")
    }
    made |= {
        f"digest {d}": signed(value, "portalkit.link", digest_method=getattr(hashlib, d))
        for d in ("md5", "sha1", "sha512")
    }
    made |= {f"key {name}": signed(value, "portalkit.link", key) for name, key in
             {"empty": "", "other": KEY[::-1], "cut": KEY[:-1], "longer": KEY + "x", "upper": KEY.upper(), "blank": KEY + " "}.items()}  # fmt: skip
    made["timed"] = str(URLSafeTimedSerializer(KEY, salt="portalkit.link").dumps(value))
    made["bare"] = Signer(KEY, salt="portalkit.link").sign("x").decode()
    made["bare timed"] = TimestampSigner(KEY, salt="portalkit.link").sign("x").decode()
    made["no signature"] = TOKENS["plain"].rpartition(".")[0] + "."
    made["jwt of no algorithm"] = "eyJhbGciOiJub25lIn0.eyJsaW5rIjoieCJ9."
    return made


def test_what_somebody_signs_in_another_way_opens_nothing() -> None:
    """Other salts, derivations, digests, keys, and signers of other kinds."""
    assert (
        signed(["link", 1, LINK, "2d9f6b1c84e07a35f19c5e0b7d6a3842"], "portalkit.link")
        == TOKENS["plain"]
    )
    for name, text in forged().items():
        with pytest.raises(BadLink):
            KEYS.read_token(text)
        assert text != TOKENS["plain"], name


def test_each_kind_is_refused_as_each_other_kind() -> None:
    """A token is no cookie, a cookie is no confirmation."""
    readers = {
        "plain": KEYS.read_token,
        "cookie": KEYS.read_cookie,
        "confirmation": KEYS.read_intent,
    }
    for kind, read in readers.items():
        taken = []
        for other in readers:
            try:
                read(TOKENS[other])
            except BadLink:
                continue
            taken.append(other)
        assert taken == [kind]


# -- through the web ----------------------------------------------------------------------------


class Counting:
    """A store that counts how often it is asked."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if callable(found):
            self.asked += 1
        return found


@pytest.fixture(scope="module")
def counted(lasting_host: Host) -> tuple[Stage, Counting]:
    """A stage whose store counts."""
    stage = lasting_host.stage()
    store = Counting(stage.portal.ledger.store)
    stage.portal.ledger.store = store  # type: ignore[assignment]
    return stage, store


def test_the_door_is_the_same_for_all_of_them_and_asks_no_store(
    counted: tuple[Stage, Counting],
) -> None:
    """1 in 20 mutations of a real token, as token and as cookie: 403, one page, no lookup, no trace."""
    stage, store = counted
    token, link = stage.token(stage.own.anna), stage.link(stage.own.anna)
    _, cookie = stage.cookie(stage.own.anna)
    before = stage.picture()
    store.asked = 0
    texts = [t for t in some(token) if t and len(t) <= 1000 and not set("/\n") & set(t)]
    pages = set()
    for text in texts:
        answer = answered("", stage.web.handle(Request(method="GET", path=f"/l/{text}")))
        pages.add(plain(answer, *([text] if len(text) > 9 else [])))
        assert len(text) < 9 or text not in answer.raw
    doors = set()
    for text in some(cookie):
        jar = {stage.web.jar.name(link): text, stage.web.jar.entering(link): text}
        request = Request(method="GET", path=f"/p/{link}/", cookies=jar)
        doors.add(plain(answered("", stage.web.handle(request))))
    assert len(texts) + len(some(cookie)) > 2000
    assert [(status, len(seen)) for seen in (pages, doors) for status, _, _ in seen] == [
        (403, 1)
    ] * 2
    assert not [
        name
        for seen in (pages, doors)
        for _, headers, _ in seen
        for name, _ in headers
        if name == "Set-Cookie"
    ]
    assert store.asked == 0, "a signature that is wrong is looked up nowhere"
    assert stage.picture() == before


def test_lines_slashes_and_very_long_tokens_are_calm_too(counted: tuple[Stage, Counting]) -> None:
    """What the address itself cannot hold is no page: 404, and never an error."""
    stage, _ = counted
    token = stage.token(stage.own.anna)
    for text in (
        token + "\n",
        token + "\r\nSet-Cookie: a=b",
        "A" * 1001,
        "A" * 100_000,
        "." * 999,
        "",
        token + "\0",
    ):
        answer = answered("", stage.web.handle(Request(method="GET", path=f"/l/{text}")))
        assert answer.status in (403, 404), text[-20:]
        assert answer.all("set-cookie") == []
        assert "quokka" not in answer.raw


def test_a_right_signature_with_a_wrong_secret_tells_nobody_whether_the_link_exists(
    host: Host,
) -> None:
    """Who has the key and not the log: existing, unknown and malformed links answer alike."""
    stage = host.stage()
    keys = stage.portal.keys
    links = [
        stage.link(stage.own.anna),
        stage.link(stage.far.anna, stage.far),
        f"p-own.{'a' * 26}",
        f"p-none.{'a' * 26}",
        "x",
        "",
        "../x",
        "p-own",
    ]
    seen = set()
    for link in links:
        for nonce in ("", new_nonce(), "0" * 32, "é"):
            token = keys.token(Ticket(link, nonce))
            answer = stage.browser().get(f"/portal/l/{quote(token)}")
            asked = [text for text in (token, link) if len(text) > 9]
            seen.add(plain(answer, *asked))
            assert (answer.status, answer.all("set-cookie")) == (403, [])
    assert len(seen) == 1


def test_keys_of_another_portal_open_nothing_here(host: Host) -> None:
    """Two portals with one project of the same id each: token, cookie and form of one are nothing to the other."""
    ours, theirs = host.stage(), host.stage(host.portal(keys=["z" + KEY[::-1]]))
    answer = ours.browser().get(theirs.url(theirs.own.anna))
    assert answer.status == 403
    browser = ours.browser()
    browser.cookies = dict(theirs.enter().cookies)
    assert browser.get(ours.base(ours.own.anna)).status == 403
    assert browser.get(theirs.base(theirs.own.anna)).status == 403
