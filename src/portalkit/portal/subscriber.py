"""The subscriber: whom an unsubscribe token names, and all that its holder learns."""

from __future__ import annotations

from attrs import frozen

from portalkit.model import NoticeMode

__all__ = ["Subscriber"]


@frozen(kw_only=True)
class Subscriber:
    """Whom an unsubscribe token names.  It opens no project: mail programs and gateways hold it too.

    Attributes:
        project: the title of the project.
        mode: what the person is told by mail.
    """

    project: str
    mode: NoticeMode
