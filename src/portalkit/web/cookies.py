"""Cookies: one per link, bound to its pages, signed, checked against the log on every request.

A browser does not send the cookie of a link's pages to the address that enters, so `enter` cannot
know it.  It hands out a second one for a few minutes; the first page makes one of the two: the
secret of the newer, and session and last visit of the older.

How long a cookie lives is said in it, for the server, and not only to the browser.
"""

from __future__ import annotations

import secrets
from typing import Final

from attrs import evolve, frozen

from portalkit.errors import BadLink
from portalkit.links import Cookie, Keys
from portalkit.model import Link
from portalkit.web.http import Request, Response

__all__ = ["Jar"]

DAY: Final = 86_400_000
LIFETIME: Final = 180 * DAY
QUIET: Final = 30 * 60_000
"""After this many quiet milliseconds the next request is a new visit."""
TOUCH: Final = 5 * 60_000
"""How exactly, in milliseconds, the cookie knows when it was used last."""
ENTERING: Final = 10 * 60_000
"""How long, in milliseconds, the cookie that `enter` hands out waits for the first page."""


@frozen
class Jar:
    """Reads and writes the cookies of a portal mounted at ``mount``; ``secure`` when served by https."""

    keys: Keys
    mount: str
    secure: bool

    def name(self, link: str) -> str:
        """Return the name of a link's cookie."""
        return self._prefix + f"pk_{link}"

    def entering(self, link: str) -> str:
        """Return the name of the cookie that a browser has between entering and its first page."""
        return self._prefix + f"pk-new_{link}"

    @property
    def _prefix(self) -> str:
        return "__Secure-" if self.secure else ""

    def path(self, link: str) -> str:
        """Return the path that the cookie is sent to: the link's pages."""
        return f"{self.mount}/p/{link}/"

    def read(self, request: Request, link: str, now: int) -> Cookie:
        """Return the cookie of a link; raise `BadLink` if there is none that is genuine and still lives."""
        kept = self._living(request, self.name(link), link, now)
        new = self._living(request, self.entering(link), link, now)
        if kept is not None and new is not None:
            return evolve(kept, nonce=new.nonce)
        cookie = new or kept
        if cookie is None:
            raise BadLink("no cookie for this link")
        return cookie

    def _living(self, request: Request, name: str, link: str, now: int) -> Cookie | None:
        value = request.cookies.get(name)
        if value is None:
            return None
        try:
            cookie = self.keys.read_cookie(value)
        except BadLink:
            return None
        # One that was born ahead of now lives: clocks are put back, and put right again.
        lives = now - cookie.born <= LIFETIME
        return cookie if lives and cookie.link == link else None

    def fresh(self, link: Link, now: int) -> Cookie:
        """Return the cookie of a browser that enters for the first time."""
        return Cookie(link.id, link.nonce, secrets.token_hex(12), now, now, 0, 0)

    def rolled(self, cookie: Cookie, now: int) -> Cookie:
        """Return the cookie as this request sees it: after a quiet time a new visit begins."""
        if now - cookie.seen_at > QUIET:
            cookie = evolve(cookie, marker=cookie.seen_seq, seen_at=now)
        elif now - cookie.seen_at > TOUCH:
            cookie = evolve(cookie, seen_at=now)
        if now - cookie.born > DAY:
            cookie = evolve(cookie, born=now)
        return cookie

    def give(self, response: Response, cookie: Cookie, link: Link, now: int) -> None:
        """Set a cookie: 180 days, renewed at most daily, never past the link's expiry."""
        self._give(response, self.name(link.id), cookie, link, now)

    def hand(self, response: Response, cookie: Cookie, link: Link, now: int) -> None:
        """Set the cookie of a browser that enters: all but a few minutes of its life are over."""
        aged = evolve(cookie, born=now - LIFETIME + ENTERING)
        self._give(response, self.entering(link.id), aged, link, now)

    def settle(self, response: Response, cookie: Cookie, link: Link, now: int) -> None:
        """Set the cookie that stays, in place of the one that was handed out on entering."""
        self.give(response, cookie, link, now)
        self._set(response, self.entering(link.id), link.id, "", 0)

    def take(self, response: Response, link: str) -> None:
        """Delete the cookies of a link."""
        for name in (self.name(link), self.entering(link)):
            self._set(response, name, link, "", 0)

    def _give(self, response: Response, name: str, cookie: Cookie, link: Link, now: int) -> None:
        until = cookie.born + LIFETIME
        until = min(until, link.expires_at or until)
        self._set(response, name, link.id, self.keys.cookie(cookie), max(0, (until - now) // 1000))

    def _set(self, response: Response, name: str, link: str, value: str, age: int) -> None:
        parts = [
            f"{name}={value}",
            f"Path={self.path(link)}",
            f"Max-Age={age}",
            "HttpOnly",
            "SameSite=Lax",
        ]
        if self.secure:
            parts.append("Secure")
        response.add("Set-Cookie", "; ".join(parts))
