"""What is known of a client's visits, as the agency's pages show it."""

from __future__ import annotations

from portalkit.language import Language
from portalkit.pages.values import SeenView
from portalkit.pages.wording import download_sentence, seen_sentences
from portalkit.portal import Seen

__all__ = ["seen_view"]


def seen_view(seen: Seen, language: Language, now: int) -> SeenView:
    """Return what is known of one client's visits, in words."""
    return SeenView(
        person=seen.person,
        said=seen_sentences(seen, language, now),
        downloads=tuple(download_sentence(d, language, now) for d in seen.downloads),
    )
