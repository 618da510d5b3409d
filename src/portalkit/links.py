"""Tokens and cookies: what a person carries, signed.  The only user of itsdangerous.

A token proves nothing by itself: its nonce must be the one that the log holds for the link.  So a leaked
key alone opens nothing, and a leaked database alone opens nothing.  Tokens hold no personal data
and no expiry; scopes, expiry and revocation live in the log and take effect on the next request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Final

from attrs import frozen
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from portalkit.errors import BadLink, ConfigError

__all__ = ["Cookie", "Keys", "Ticket", "link_id", "new_nonce", "project_of"]

TOKEN_VERSION: Final = 1
SHORTEST_KEY: Final = 32
_SAMPLES: Final = ("change", "secret", "example", "sample", "insecure", "password")
_LINK: Final = re.compile(r"[a-z0-9._-]{1,64}\.[a-z2-7]{26}")


def link_id(project: str, random: str) -> str:
    """Return the id of a link: the project and 26 random characters."""
    return f"{project}.{random}"


def project_of(link: str) -> str:
    """Return the project that a link id names.

    Raises:
        BadLink: this cannot be a link id.
    """
    if not _LINK.fullmatch(_text(link)):
        raise BadLink("this is no link id")
    return link.rpartition(".")[0]


def new_nonce() -> str:
    """Return a fresh secret of a link: 128 random bits."""
    return secrets.token_hex(16)


@frozen
class Ticket:
    """What a genuine token names: the link and its secret."""

    link: str
    nonce: str


@frozen
class Cookie:
    """What a browser carries after it entered, one per link.

    ``session`` is random per browser; ``born`` is when the cookie's life began; ``seen_at`` and
    ``seen_seq`` are the last request and the newest entry it showed; ``marker`` is the newest entry of
    the visit before, which is what "since your last visit" counts from.  Times are UTC milliseconds.
    """

    link: str
    nonce: str
    session: str
    born: int
    seen_at: int
    seen_seq: int
    marker: int


class Keys:
    """Signs and reads tokens, cookies and one-time values with the portal's keys.

    Args:
        keys: newest first; the newest signs, all of them verify.

    Raises:
        ConfigError: no key, one shorter than 32 bytes or with a blank at its end, or a sample value.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        if not isinstance(keys, (list, tuple)) or not all(keys) or not keys:
            raise ConfigError(
                "portalkit needs a list of signing keys",
                remedy=_KEY_REMEDY,
                type=type(keys).__name__,
            )
        secrets_ = [_checked_key(key) for key in keys]
        self._secrets = secrets_
        oldest_first = secrets_[::-1]
        self._token = _serializer(oldest_first, "portalkit.link")
        self._cookie = _serializer(oldest_first, "portalkit.cookie")
        self._intent = _serializer(oldest_first, "portalkit.intent")
        self._unsubscribe = _serializer(oldest_first, "portalkit.unsubscribe")
        # Keys alone say what is genuine; whether it still opens a link, the log says.
        self._token_values = lru_cache(maxsize=1024)(partial(_loads, self._token))
        self._cookie_values = lru_cache(maxsize=1024)(partial(_loads, self._cookie))

    def token(self, ticket: Ticket) -> str:
        """Return the token that opens a link."""
        return _dumps(self._token, ["link", TOKEN_VERSION, ticket.link, ticket.nonce])

    def read_token(self, token: str) -> Ticket:
        """Return what a token names.

        Raises:
            BadLink: it was not signed by these keys, or not in exactly this spelling.
        """
        match self._token_values(_text(token)):
            case ["link", 1, str(link), str(nonce)]:
                return Ticket(link, nonce)
        raise BadLink("this token opens no link")

    def unsubscribe_token(self, ticket: Ticket) -> str:
        """Return the token that ends mail to the holder of a link, and opens nothing."""
        values = ["unsubscribe", TOKEN_VERSION, ticket.link, ticket.nonce]
        return _dumps(self._unsubscribe, values)

    def read_unsubscribe_token(self, token: str) -> Ticket:
        """Return what such a token names; raise `BadLink` if it is not genuine."""
        match _loads(self._unsubscribe, _text(token)):
            case ["unsubscribe", 1, str(link), str(nonce)]:
                return Ticket(link, nonce)
        raise BadLink("this token ends no mail")

    def cookie(self, cookie: Cookie) -> str:
        """Return the value of a cookie."""
        values = [
            cookie.link,
            cookie.nonce,
            cookie.session,
            cookie.born,
            cookie.seen_at,
            cookie.seen_seq,
            cookie.marker,
        ]
        return _dumps(self._cookie, values)

    def read_cookie(self, value: str) -> Cookie:
        """Return what a cookie holds; raise `BadLink` for one that is not genuine."""
        match self._cookie_values(_text(value)):
            case [str(), str(), str(), int(), int(), int(), int()] as values:
                return Cookie(*values)
        raise BadLink("this cookie opens no link")

    def intent(self, value: dict[str, Any]) -> str:
        """Return a signed value that a confirmation page carries to its own form."""
        return _dumps(self._intent, value)

    def read_intent(self, text: str) -> dict[str, Any]:
        """Return what a confirmation form carried; raise `BadLink` if anything was edited."""
        value = _loads(self._intent, _text(text))
        if not isinstance(value, dict):
            raise BadLink("this confirmation was not made here")
        return value

    def form_token(self, link: str, session: str) -> str:
        """Return the value that a form must send back to prove that this browser asked for it."""
        return self._form_tokens(link, session)[0]

    def check_form_token(self, value: str, link: str, session: str) -> bool:
        """Return whether a form sent back the value it was given."""
        given = value.encode(errors="replace")
        matches = [hmac.compare_digest(given, t.encode()) for t in self._form_tokens(link, session)]
        return any(matches)

    def _form_tokens(self, link: str, session: str) -> list[str]:
        message = f"portalkit.form\n{link}\n{session}".encode()
        return [hmac.digest(secret, message, "sha256").hex() for secret in self._secrets]


_KEY_REMEDY: Final = 'Make a key by: python -c "import secrets; print(secrets.token_urlsafe(48))"'


def _checked_key(given: object) -> bytes:
    """Return the bytes of a key; what is wrong with it is said without showing it."""
    if not isinstance(given, (str, bytes)):
        raise ConfigError(
            "a signing key is text or bytes", remedy=_KEY_REMEDY, type=type(given).__name__
        )
    if isinstance(given, str) and given != given.strip():
        raise ConfigError(
            "a signing key begins or ends with a blank or a line break",
            remedy="Take it away, by .strip() where the key is read: else it is another key elsewhere",
        )
    key = given.encode(errors="surrogatepass") if isinstance(given, str) else given
    lower = key.decode(errors="replace").lower()
    if len(key) < SHORTEST_KEY:
        raise ConfigError(
            "a signing key is too short",
            remedy=_KEY_REMEDY,
            bytes=len(key),
            at_least=SHORTEST_KEY,
        )
    if len(set(key)) < 8 or any(sample in lower for sample in _SAMPLES):
        raise ConfigError("a signing key looks like a sample value", remedy=_KEY_REMEDY)
    return key


def _serializer(keys: list[bytes], salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        keys,
        salt=salt,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def _dumps(serializer: URLSafeSerializer, value: Any) -> str:
    return str(serializer.dumps(value))


def _text(value: object) -> str:
    """Return what was handed in as a text; what a request did not bring was not signed here."""
    if not isinstance(value, str):
        raise BadLink("this was not signed here")
    return value


def _loads(serializer: URLSafeSerializer, text: str) -> Any:
    try:
        if not text.isascii() or not _canonical(text):
            raise BadLink("this is not in the one spelling that is accepted")
        return serializer.loads(text)
    except (BadData, ValueError, RecursionError) as error:
        raise BadLink("this was not signed here") from error


def _canonical(text: str) -> bool:
    """Return whether every base64 part is spelled in the one canonical way (base64 is malleable)."""
    parts = text.removeprefix(".").split(".")
    return len(parts) == 2 and all(
        base64_encode(base64_decode(part)).decode("ascii") == part for part in parts
    )
