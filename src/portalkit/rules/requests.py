"""What is asked of the rules: values that are more than a few arguments."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Allowance", "Circumstances", "Delivered", "Needed", "Staff", "UploadLimits"]

Needed = Literal["all", "any"] | int
"""How many positive decisions an approval needs: everyone who does not abstain, one, or at least n."""


@frozen
class Staff:
    """Who acts for the agency, as the host's own login knows them.

    A project keeps the particulars of their first write there; `Change.change_person` changes them.

    Attributes:
        ref: the host's own key of the person; tells staff apart.
        name: as clients see it.
        email: their address, if you want it on record.
        role: what they are in the agency; shown beside the name.
    """

    ref: str
    name: str
    email: str = ""
    role: str = ""


@frozen
class Delivered:
    """Bytes that were taken in: where they are and what they are.

    ``quarantine`` is why the host's inspection keeps them back, or ``None``.
    """

    name: str
    key: str
    size: int
    sha256: str
    type: str
    quarantine: str | None = None


@frozen(kw_only=True)
class UploadLimits:
    """How much clients may hand in; staff deliver without these limits.

    Attributes:
        files: how many at once.
        file_bytes: how large each may be.
        day_files: how many a link may hand in within 24 hours.
        day_bytes: how many bytes a link may hand in within 24 hours.
    """

    files: int = 20
    file_bytes: int = 500_000_000
    day_files: int = 200
    day_bytes: int = 2_000_000_000


@frozen
class Allowance:
    """What a link may still hand in today.

    Attributes:
        files: how many.
        bytes: how many bytes together.
    """

    files: int
    bytes: int


@frozen
class Circumstances:
    """How a decision came about on the page; copied into its evidence.

    Attributes:
        confirmed: whether the box was ticked and the confirmation step passed.
        locale: the language of the page.
        served_at: when the page was served, in UTC milliseconds.
        sentence: the exact text that the person confirmed.
        session: the random id of the browser's cookie.
        address: the client's address as the host's server reports it.
        user_agent: the browser as it calls itself.
    """

    confirmed: bool = False
    locale: str = ""
    served_at: int | None = None
    sentence: str = ""
    session: str = ""
    address: str = ""
    user_agent: str = ""
