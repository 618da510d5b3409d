"""The forms of the staff pages; what they mean is in ``actions``, and the portal checks every value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from portalkit import Project, ProjectStatus, Side

__all__ = ["PROJECT_FORMS", "Invite"]


def text(label: str, *, rows: int = 0, hint: str = "", required: bool = False) -> forms.CharField:
    """A field for a line of text, or for several."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, widget=widget, help_text=hint, required=required)


def day(label: str, hint: str = "") -> forms.CharField:
    """A field for a day."""
    widget = forms.TextInput(attrs={"type": "date"})
    return forms.CharField(label=label, widget=widget, help_text=hint, required=False)


class About(forms.Form):
    """A form about a project, in one of its milestones."""

    milestone = forms.ChoiceField()

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__.lower()}-%s")
        if "milestone" in self.fields:
            milestones = sorted(project.milestones.values(), key=lambda m: m.status == "completed")
            self.choose("milestone", [(m.id, m.title) for m in milestones])
        self.prepare(project)

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Say what there is to choose from."""
        field: Any = self.fields[name]
        field.choices = choices

    def prepare(self, project: Project) -> None:
        """Fill in what the project has to offer."""


class Update(About):
    """Posts an update."""

    title = text("Headline")
    done = text("Done", rows=2)
    doing = text("Doing", rows=2)
    next = text("Next", rows=2)
    need = text("Need from the client", rows=2)
    body = text("Or in free words", rows=4, hint="Markdown")
    about = forms.ChoiceField(label="Refers to", required=False)

    def prepare(self, project: Project) -> None:
        """Offer open decisions, outcomes and files to refer to."""
        asks = [a for a in project.approvals.values() if a.state == "open"]
        done = [m for m in project.milestones.values() if m.status == "completed"]
        self.choose(
            "about",
            [
                ("", "nothing in particular"),
                *((ask.id, f"decision: {ask.title}") for ask in asks),
                *((milestone.id, f"outcome: {milestone.title}") for milestone in done),
                *((file.id, f"file: {file.name}") for file in project.files.values()),
            ],
        )


class Deliver(About):
    """Delivers a file."""

    upload = forms.FileField(label="File")
    purpose = text("Why it is there", required=True)
    final = forms.BooleanField(label="This version is final", required=False)


class Version(About):
    """Delivers a new version of a file."""

    milestone = None
    file = forms.ChoiceField(label="Of")
    upload = forms.FileField(label="File")
    changed = text("What changed", required=True)
    final = forms.BooleanField(label="This version is final", required=False)

    def prepare(self, project: Project) -> None:
        """Offer every file."""
        files = project.files.values()
        self.choose("file", [(f.id, f"{f.name}, now v{f.current.number}") for f in files])


class Approval(About):
    """Requests an approval."""

    title = text("What is decided", required=True)
    statement = text("In words", rows=3)
    files = forms.MultipleChoiceField(
        label="Files", help_text="of that milestone", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    people = forms.MultipleChoiceField(label="Who decides", widget=forms.CheckboxSelectMultiple)
    needed = forms.ChoiceField(
        label="How many of them", choices=[("all", "all of them"), ("any", "any one of them")]
    )
    due = day("By")

    def prepare(self, project: Project) -> None:
        """Offer the files that stand, and the people of the client."""
        files = [f for f in project.files.values() if not f.current.withdrawn]
        milestones = project.milestones
        self.choose("files", [(f.id, f"{milestones[f.milestone].title}: {f.name}") for f in files])
        clients = [p for p in project.people.values() if p.side is Side.CLIENT]
        self.choose("people", [(person.id, person.name) for person in clients])


class Request(About):
    """Asks for a file."""

    title = text("What is needed", required=True)
    note = text("What they should know", rows=2, hint="Markdown")
    people = forms.MultipleChoiceField(label="Who is asked", widget=forms.CheckboxSelectMultiple)
    due = day("By")

    def prepare(self, project: Project) -> None:
        """Offer the people of the client."""
        clients = [p for p in project.people.values() if p.side is Side.CLIENT]
        self.choose("people", [(person.id, person.name) for person in clients])


class Recap(About):
    """Notes that somebody asked where the project stands."""

    milestone = None
    source = forms.ChoiceField(
        label="How", choices=[(name, name) for name in ("mail", "call", "chat", "meeting")]
    )
    person = forms.ChoiceField(label="Who", required=False)
    happened = day("When", "today if empty")
    note = text("What they wanted to know")

    def prepare(self, project: Project) -> None:
        """Offer the people of the client."""
        clients = [p for p in project.people.values() if p.side is Side.CLIENT]
        self.choose("person", [("", "not known"), *((p.id, p.name) for p in clients)])


class Status(About):
    """Pauses, completes or archives the project, or takes it up again."""

    milestone = None
    status = forms.ChoiceField(
        label="The project is",
        choices=[(status.value, status.replace("_", " ")) for status in ProjectStatus],
    )
    reason = text("Why", hint="clients read it")

    def prepare(self, project: Project) -> None:
        """Begin with how it stands."""
        self.initial["status"] = project.status.value


PROJECT_FORMS: Mapping[str, tuple[str, type[About]]] = {
    "update": ("Post an update", Update),
    "file": ("Deliver a file", Deliver),
    "version": ("Deliver a new version", Version),
    "approval": ("Request an approval", Approval),
    "request": ("Ask for a file", Request),
    "status": ("Pause, complete or archive", Status),
    "recap": ("Somebody asked where we are", Recap),
}
"""The forms of the project page, by what they do."""


class Invite(forms.Form):
    """Adds somebody and issues their link."""

    name = text("Name", required=True)
    email = text("E-mail")
    role = text("Role")
    locale = forms.ChoiceField(
        label="Language",
        choices=[("", "that of the project"), ("en", "English"), ("de", "German")],
        required=False,
    )
    scopes = forms.ChoiceField(
        label="May",
        choices=[
            ("client", "look, download, comment and decide"),
            ("reader", "look and download only"),
        ],
    )
    expires = day("Expires after", hint="empty: never")
