"""Bouncing: a mail that came back is noted where it was sent, with the person whom it did not reach."""

from __future__ import annotations

from typing import Final

from portalkit import rules
from portalkit.errors import Conflict, NotFound
from portalkit.facts import Line
from portalkit.notices.naming import read_name
from portalkit.portal.journal import in_hand
from portalkit.portal.ledger import Ledger, State, Written
from portalkit.storage import AccessLog

__all__ = ["note_bounce"]

_DAYS_MS: Final = 30 * 86_400_000
"""No mail system keeps a mail for longer than days: what was sent before that is not looked for."""

_RECORDS: Final = frozenset({"notices.sent", "notices.bounced"})
_IN_HAND_MS: Final = 2 * 3_600_000
"""By then the run that handed a message over has recorded it, or died; access logs keep time by the hour."""


def note_bounce(
    ledger: Ledger, access: AccessLog | None, message_id: object, problem: object
) -> Written | None:
    """Note that a message came back, if it is one that was sent; return what that wrote.

    A Message-ID names its project, and nothing in it is believed: it counts only if the log of that project
    says that such a message was sent.

    Args:
        ledger: where entries are kept.
        access: the access log, if there is one: it knows of messages that a run has not recorded yet.
        message_id: the message's, in any form; perhaps none of ours.
        problem: why it came back.

    Raises:
        Conflict: the run that sends it has not recorded it yet.
    """
    named = read_name(message_id)
    if named is None:
        return None
    id, project = named
    since = ledger.clock() - _DAYS_MS
    sending = rules.find_sending(ledger.recent(project, since, kinds=_RECORDS), id)
    if sending is None:
        _refuse_early(access, project, id, since=ledger.clock() - _IN_HAND_MS)
        return None

    def run(state: State | None) -> tuple[str, list[Line]]:
        if state is None:
            return "", []
        known = ledger.recent(project, since, kinds=_RECORDS)
        return "", rules.came_back(state.project, known, sending, problem)

    try:
        return ledger.write(project, run)
    except NotFound:
        return None


def _refuse_early(access: AccessLog | None, project: str, id: str, *, since: int) -> None:
    """Refuse what is back before it is on record; outside a write, which would wait for that to change."""
    if access is not None and in_hand(access, project, id, since=since):
        raise Conflict(
            "this message is being sent at the moment",
            remedy="Hand the report over again in ten minutes",
            project=project,
            message=id,
        )
