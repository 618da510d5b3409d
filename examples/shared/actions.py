"""What the staff forms of the agency do: each in one change block of the portal's public API.

The forms of both example apps have the same fields, so what they do stands here once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portalkit import CLIENT, READER, Change, FileState, Invalid, Scope
from portalkit.storage import Readable

__all__ = ["LINK_ACTIONS", "PROJECT_ACTIONS", "Action", "Sent"]


class Fields(Protocol):
    """The fields of a form, as frameworks give them."""

    def __getitem__(self, name: str, /) -> str: ...
    def __contains__(self, name: object, /) -> bool: ...
    def getlist(self, name: str, /) -> list[str]: ...


@dataclass(frozen=True)
class Sent:
    """What somebody sent: the fields, and perhaps a file with its name."""

    fields: Fields
    name: str = ""
    stream: Readable | None = None

    def __getitem__(self, field: str) -> str:
        return self.fields[field]

    @property
    def upload(self) -> Readable:
        """The file; refused if none was chosen."""
        if self.stream is None or not self.name:
            raise Invalid("no file was chosen", remedy="Choose the file to deliver", field="upload")
        return self.stream

    @property
    def state(self) -> FileState:
        """Whether the file is final."""
        return FileState.FINAL if "final" in self.fields else FileState.DRAFT

    def day(self, field: str) -> date | None:
        """A day, or ``None`` if the field is empty."""
        text = self.fields[field]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise Invalid(
                "this is no day", remedy="Write it as year-month-day", field=field, value=text
            ) from error


Action = Callable[[Change, Sent], str]
"""Does what a form asks for in a change block, and says so in one sentence."""


# -- what the forms of the project page do --------------------------------------------------------


def _post_update(change: Change, sent: Sent) -> str:
    change.post_update(
        sent["milestone"],
        sent["body"],
        title=sent["title"],
        done=sent["done"],
        doing=sent["doing"],
        next=sent["next"],
        need=sent["need"],
        about=sent["about"] or None,
    )
    return "The update is posted."


def _add_file(change: Change, sent: Sent) -> str:
    change.add_file(
        sent["milestone"],
        sent.upload,
        name=sent.name,
        purpose=sent["purpose"],
        state=sent.state,
    )
    return f"{sent.name} is delivered."


def _add_version(change: Change, sent: Sent) -> str:
    change.add_version(
        sent["file"], sent.upload, name=sent.name, changed=sent["changed"], state=sent.state
    )
    return f"{sent.name} is delivered as a new version."


def _request_approval(change: Change, sent: Sent) -> str:
    change.request_approval(
        sent["milestone"],
        sent["title"],
        statement=sent["statement"],
        files=sent.fields.getlist("files"),
        people=sent.fields.getlist("people"),
        needed="any" if sent["needed"] == "any" else "all",
        due=sent.day("due"),
    )
    return f"“{sent['title']}” now waits for a decision."


def _request_file(change: Change, sent: Sent) -> str:
    change.request_file(
        sent["milestone"],
        sent["title"],
        people=sent.fields.getlist("people"),
        note=sent["note"],
        due=sent.day("due"),
    )
    return f"“{sent['title']}” is asked for."


def _nudge(change: Change, sent: Sent) -> str:
    change.nudge(sent["asked"])
    return "A reminder is on its way."


def _start(change: Change, sent: Sent) -> str:
    change.start(sent["milestone"])
    return "The milestone is in progress."


def _complete(change: Change, sent: Sent) -> str:
    change.complete(sent["milestone"], sent["outcome"])
    return "The milestone is completed."


def _answer(change: Change, sent: Sent) -> str:
    change.answer(sent["question"], sent["text"])
    return "The answer stands on the client's page."


def _close(change: Change, sent: Sent) -> str:
    change.close_question(sent["question"])
    return "The question is closed."


def _reopen(change: Change, sent: Sent) -> str:
    change.reopen_question(sent["question"])
    return "The question is open again."


def _recap(change: Change, sent: Sent) -> str:
    change.record_recap(
        sent["source"],
        person=sent["person"] or None,
        happened=sent.day("happened"),
        note=sent["note"],
    )
    return "It is noted that somebody asked where the project stands."


def _set_status(change: Change, sent: Sent) -> str:
    change.set_status(sent["status"], sent["reason"])
    return f"The project is now {change.project.status.replace('_', ' ')}."


PROJECT_ACTIONS: Mapping[str, Action] = {
    "update": _post_update,
    "file": _add_file,
    "version": _add_version,
    "approval": _request_approval,
    "request": _request_file,
    "nudge": _nudge,
    "answer": _answer,
    "close": _close,
    "reopen": _reopen,
    "recap": _recap,
    "start": _start,
    "complete": _complete,
    "status": _set_status,
}


# -- what the forms of the links page do ----------------------------------------------------------


def _invite(change: Change, sent: Sent) -> str:
    person = change.add_person(
        sent["name"], email=sent["email"], role=sent["role"], locale=sent["locale"]
    )
    change.issue_link(person, scopes=_scopes(sent), expires=sent.day("expires"))
    return f"{sent['name']} has a link."


def _issue(change: Change, sent: Sent) -> str:
    change.issue_link(sent["person"], scopes=_scopes(sent), expires=sent.day("expires"))
    return f"{_name(change, sent)} has a link."


def _rotate(change: Change, sent: Sent) -> str:
    change.rotate_link(sent["person"])
    return (
        f"{_name(change, sent)} has a new address; the old one no longer works. Send the new one."
    )


def _extend(change: Change, sent: Sent) -> str:
    change.extend_link(sent["person"], sent.day("expires"))
    return f"The expiry of {_name(change, sent)}’s link is changed."


def _revoke(change: Change, sent: Sent) -> str:
    change.revoke_link(sent["person"], sent["reason"])
    return f"{_name(change, sent)}’s link is closed."


def _scopes(sent: Sent) -> frozenset[Scope]:
    return READER if sent["scopes"] == "reader" else CLIENT


def _name(change: Change, sent: Sent) -> str:
    return change.project.people[sent["person"]].name


LINK_ACTIONS: Mapping[str, Action] = {
    "invite": _invite,
    "issue": _issue,
    "rotate": _rotate,
    "extend": _extend,
    "revoke": _revoke,
}
