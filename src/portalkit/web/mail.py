"""Mails: a notice becomes a short message in the look of the project's brand."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, Final

from attrs import frozen

from portalkit import clean
from portalkit.errors import NotFound
from portalkit.language import Language
from portalkit.model import ProjectStatus, Scope, Side
from portalkit.notices import Message, Notice
from portalkit.pages import Reader
from portalkit.pages.letter import Letter, letter
from portalkit.web.app import Web
from portalkit.web.brand import CARD, DARK_CARD, DARK_PAPER, PAPER, Brand, Palette, colours
from portalkit.web.forms import ONE_CLICK

__all__ = ["Ground", "Look", "Mails"]


@frozen
class Ground:
    """The colours of a mail on light or on dark ground, as ``#rrggbb``.

    Attributes:
        paper: behind everything.
        card: behind the message.
        ink: of the text.
        muted: of what matters less.
        line: between things.
        warn: of what is overdue.
        accent: of links and the button.
        accent_ink: of the text on the button.
    """

    paper: str
    card: str
    ink: str
    muted: str
    line: str
    warn: str
    accent: str
    accent_ink: str


@frozen
class Look:
    """How a mail looks.

    Attributes:
        scheme: what the mail says of itself: ``light dark``, ``light`` or ``dark``.
        ground: the colours that stand in the markup, for every mail program.
        dark: those for programs that ask for dark ones, or ``None`` where there is no choice.
    """

    scheme: str
    ground: Ground
    dark: Ground | None


def sender_of(sender: str) -> tuple[str, str]:
    """Return the name, or nothing, and the address of ``Name <address>``; raise `Invalid` for others."""
    name, address = parseaddr(sender)
    return name, clean.email(address or sender, required=True)


class Mails:
    """Makes the mail of a notice: text and HTML in the look of the project's brand.

    Args:
        web: the portal's web: its brands, templates and languages.
        sender: the address that mails come from, also as ``Name <address>``; without a name, the
            brand's is shown.
        reply_to: the address that answers go to, or empty.
        locale: the language of staff.

    Raises:
        Invalid: an address is none.
    """

    def __init__(self, web: Web, *, sender: str, reply_to: str = "", locale: str = "en") -> None:
        self._web = web
        self._name, self._sender = sender_of(sender)
        self._reply_to = clean.email(reply_to)
        self._locale = locale

    def render(self, notice: Notice) -> Message:
        """Return the mail of a notice.

        Args:
            notice: what one person is told.
        """
        say = self._language(notice)
        written = letter(notice, self._reader(notice, say), preferences=self._preferences(notice))
        brand = self._web.brands[self._web.brand_of(notice.project)]
        values = self._values(written, brand, say)
        return Message(
            id=notice.id,
            to=notice.person.email,
            to_name=notice.person.name,
            sender=self._sender,
            sender_name=self._name or brand.name,
            reply_to=self._reply_to,
            subject=written.subject,
            text=self._web.renderer.plain("mail/mail.txt", values),
            html=str(self._web.renderer.render("mail/mail.html", values)),
            at=notice.at,
            thread=notice.project.id,
            headers=_headers(notice),
        )

    def _values(self, letter: Letter, brand: Brand, say: Language) -> dict[str, Any]:
        return {
            "letter": letter,
            "brand": brand,
            "look": _look(brand),
            "say": say,
            "_": say.text,
            "n_": say.plural,
        }

    def _language(self, notice: Notice) -> Language:
        person, project = notice.person, notice.project
        if person.side is Side.AGENCY:
            tags = (person.locale, self._locale)
        else:
            tags = (person.locale, project.locale)
        return self._web.languages.choose((*tags, "en"), person.zone or project.zone, project.zone)

    def _reader(self, notice: Notice, say: Language) -> Reader:
        link = notice.project.link_of(notice.person.id)
        scopes = link.scopes if link else frozenset()
        if notice.project.status is ProjectStatus.ARCHIVED:
            scopes = frozenset()
        return Reader(
            person=notice.person,
            language=say,
            now=notice.at,
            decides=Scope.DECIDE in scopes,
            uploads=Scope.UPLOAD in scopes,
        )

    def _preferences(self, notice: Notice) -> str:
        """Where a client chooses what they are told: behind their own link, as long as it stands."""
        if notice.person.side is Side.AGENCY or not notice.url:
            return ""
        try:
            return self._web.portal.link_url(notice.project, notice.person.id, "notices")
        except NotFound:
            return ""


def _headers(notice: Notice) -> tuple[tuple[str, str], ...]:
    own = (("Auto-Submitted", "auto-generated"),)
    if not notice.unsubscribe:
        return own
    return (
        *own,
        ("List-Unsubscribe", f"<{notice.unsubscribe}>"),
        ("List-Unsubscribe-Post", "=".join(ONE_CLICK)),
    )


# -- colours ------------------------------------------------------------------------------------


def _look(brand: Brand) -> Look:
    found = colours(brand)
    light, dark = _light(found.light), _dark(found.dark)
    match brand.scheme:
        case "light":
            return Look("light", light, None)
        case "dark":
            return Look("dark", dark, None)
    return Look("light dark", light, dark)


def _light(palette: Palette) -> Ground:
    return Ground(PAPER, CARD, *_LIGHT, palette.accent, palette.ink)


def _dark(palette: Palette) -> Ground:
    return Ground(DARK_PAPER, DARK_CARD, *_DARK, palette.accent, palette.ink)


_LIGHT: Final = ("#1d2320", "#59625d", "#e2e0d8", "#9a3412")
_DARK: Final = ("#eceeea", "#a5aea9", "#2b312e", "#f4a983")
"""Ink, muted, line and warning, as on the pages."""
