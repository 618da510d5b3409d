"""Everything portalkit raises, as one tree.

::

    PortalError
    ├── ConfigError            the host's settings are missing or unsafe: fix them and start again
    ├── Refused                the request breaks a rule: nothing was changed
    │   ├── Invalid            a value is malformed, too long, missing
    │   ├── NotAllowed         the person, link or project state does not permit it
    │   │   └── Quarantined    the host's inspection keeps the file back; staff release it
    │   ├── OverQuota          somebody handed in, asked or chose as much as they may in a day
    │   ├── Outdated           the thing decided on is not the thing that stands now
    │   └── Vetoed             the host's inspection refused a file
    ├── NotFound               no such thing here (also: not visible to this person)
    │   └── Withdrawn          it was here; a wrong delivery that staff took back
    ├── LinkError              the link or cookie does not open a project
    │   ├── BadLink            not genuine, or unknown
    │   └── LinkGone           genuine, but no longer valid
    │       ├── ExpiredLink
    │       ├── RevokedLink
    │       └── ReplacedLink
    ├── FileError              bytes could not be taken in or given out
    │   ├── TooLarge
    │   ├── Incomplete
    │   ├── BlobMissing
    │   └── BlobCorrupt
    ├── SendFailed             the mail system did not take a message; it is tried again
    │   └── AddressRefused     it never will: the address or the message is refused for good
    └── StoreError             the log could not be read or written
        ├── Conflict           somebody else wrote first
        ├── NewerLog           written by a newer portalkit: readable, not writable
        └── BrokenLog          the log does not verify

Each error carries *evidence* (the values that led to it, as attributes and in the message) and a
*remedy* (one sentence: what the caller can do).  The message holds both, ready for a log line;
pages show their own, translated words and never this text.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AddressRefused",
    "BadLink",
    "BlobCorrupt",
    "BlobMissing",
    "BrokenLog",
    "ConfigError",
    "Conflict",
    "ExpiredLink",
    "FileError",
    "Incomplete",
    "Invalid",
    "LinkError",
    "LinkGone",
    "NewerLog",
    "NotAllowed",
    "NotFound",
    "Outdated",
    "OverQuota",
    "PortalError",
    "Quarantined",
    "Refused",
    "ReplacedLink",
    "RevokedLink",
    "SendFailed",
    "StoreError",
    "TooLarge",
    "Vetoed",
    "Withdrawn",
]


class PortalError(Exception):
    """The root of all errors that portalkit raises.

    Args:
        problem: what happened, one sentence without the final stop.
        remedy: what the caller can do about it, one sentence; what helps in general if not given.
        evidence: the values that led to it; readable as ``error.evidence``.
    """

    general_remedy: ClassVar[str] = ""
    """What helps where an error of this class says nothing of its own."""

    def __init__(self, problem: str, /, *, remedy: str = "", **evidence: object) -> None:
        self.problem = problem
        self.remedy = remedy or self.general_remedy
        self.evidence = evidence
        super().__init__(problem, self.remedy, evidence)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.evidence.items())
        parts = [self.problem + (f" ({facts})" if facts else ""), self.remedy]
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


class ConfigError(PortalError):
    """A setting is missing or unsafe; portalkit refuses to start with it."""


class Refused(PortalError):
    """The request breaks a rule; nothing was changed."""


class Invalid(Refused):
    """A value is malformed, too long or missing; ``evidence["field"]`` names it."""


class NotAllowed(Refused):
    """The person, their link or the state of the project does not permit this."""


class Quarantined(NotAllowed):
    """The host's inspection keeps the bytes back until staff release or withdraw the file."""


class OverQuota(Refused):
    """Somebody has handed in, asked or chosen as much as they may within 24 hours; nothing was kept."""


class Outdated(Refused):
    """The thing decided on is superseded, void, closed, or not what the person was shown."""


class Vetoed(Refused):
    """The host's inspection refused a file for a reason that the person reads; nothing was kept."""


class NotFound(PortalError):
    """There is no such thing here, or this person may not see it: both read the same."""

    general_remedy = "Look it up in the project, and pass it or its id"


class Withdrawn(NotFound):
    """The file version was taken back as a wrong delivery; its digest and the reason stay on record."""


class LinkError(PortalError):
    """The link or cookie does not open a project."""


class BadLink(LinkError):
    """The token or cookie is not genuine, or names no link that was ever issued."""

    general_remedy = "Pass what follows the last '/l/' in an address of a link, as it is"


class LinkGone(LinkError):
    """The link is genuine but no longer valid; the holder may ask for a new one."""


class ExpiredLink(LinkGone):
    """The link's expiry has passed; staff can extend it."""


class RevokedLink(LinkGone):
    """Staff revoked the link; issuing it again restores access."""


class ReplacedLink(LinkGone):
    """The link was rotated; the newest token opens the same pages."""


class FileError(PortalError):
    """Bytes could not be taken in or given out."""


class TooLarge(FileError):
    """The stream is longer than the limit in bytes; nothing was kept."""


class Incomplete(FileError):
    """The stream or body ended early; nothing was kept."""


class BlobMissing(FileError):
    """The file store does not hold these bytes."""


class BlobCorrupt(FileError):
    """The file store holds other bytes than were delivered; restore them from a backup."""


class SendFailed(PortalError):
    """The mail system did not take a message; a transport raises this, and it is tried again.

    ``evidence["code"]`` is what the mail system answered, such as ``451 4.7.1``, without any address.
    """

    @property
    def code(self) -> str:
        """What the mail system answered, or empty."""
        return str(self.evidence.get("code", ""))


class AddressRefused(SendFailed):
    """The mail system refuses the address or the message for good; it is not tried again."""


class StoreError(PortalError):
    """The log could not be read or written."""


class Conflict(StoreError):
    """The project moved on from the expected chain; nothing was written.  Reload and try again."""


class NewerLog(StoreError):
    """The log holds facts of a newer portalkit; upgrade before writing."""


class BrokenLog(StoreError):
    """The rows do not verify; do not write, run a verification, restore from a backup."""
