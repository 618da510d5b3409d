"""The model of a life: what must be so, in as few words as possible."""

from __future__ import annotations

from attrs import Factory, define

from ...model import Outcome

__all__ = ["Ask", "File", "Link", "Person", "Project", "Question"]


@define
class Link:
    tokens: list[str]
    decides: bool = True
    """And hands files in, and asks; else only looks."""
    expires: int | None = None
    revoked: bool = False


@define
class Person:
    name: str
    link: Link | None = None


@define
class Ask:
    id: str
    title: str
    people: list[str]
    files: dict[str, int]
    needs_all: bool
    manifest: str
    round: int = 1
    followed: bool = False
    decisions: dict[str, Outcome] = Factory(dict)

    @property
    def open(self) -> bool:
        given = set(self.decisions.values())
        if self.followed:
            return False
        if self.needs_all and Outcome.DECLINED in given:
            return False
        if not self.needs_all and Outcome.APPROVED in given:
            return False
        return len(self.decisions) < len(self.people)


@define
class File:
    versions: list[bytes]
    withdrawn: set[int] = Factory(set)


@define
class Question:
    person: str
    text: str
    """Empty once the person is forgotten."""
    open: bool = True


@define
class Project:
    milestones: dict[str, str]
    people: dict[str, Person]
    updates: list[str] = Factory(list)
    files: dict[str, File] = Factory(dict)
    asks: dict[str, Ask] = Factory(dict)
    questions: dict[str, Question] = Factory(dict)
    recaps: dict[str, int] = Factory(dict)
    decided: list[tuple[str, str, str]] = Factory(list)
    """Ask, person, and the name typed: "" once the person is forgotten."""
