"""A change: a block of steps that commit together or not at all, one method for each step."""

from __future__ import annotations

from portalkit.portal.change.approvals import ApprovalSteps
from portalkit.portal.change.block import Handle, Step
from portalkit.portal.change.files import FileSteps
from portalkit.portal.change.milestones import MilestoneHandle, MilestoneSteps
from portalkit.portal.change.people import PeopleSteps
from portalkit.portal.change.questions import QuestionSteps

__all__ = ["Change", "Handle", "MilestoneHandle", "Step"]


class Change(PeopleSteps, MilestoneSteps, FileSteps, ApprovalSteps, QuestionSteps):
    """A block of steps that commit together or not at all.  Made by `Desk.open` and `Desk.change`.

    Each step is checked at once against the project as the earlier steps leave it, so a refusal is
    raised where it was caused.  If somebody else commits in the meantime, the steps run again in
    order on the newer project at the end of the block; one refusal then refuses all.

    Wherever a step takes a thing (a person, a milestone, a file, ...), its id will do, and anything with
    an ``id``.

    Attributes:
        advice: what a careful colleague would say to the steps so far, and after the block to all of it.

    Raises:
        NotFound: by any step: a thing that it names is not in this project.
        Invalid: by any step: a value is malformed, too long or missing; ``evidence["field"]`` names it.
        NotAllowed: by any step: the state of things does not permit it, or the block is over.
        Conflict: at the end of the block: others kept writing, or the log is not at the ``expected``
            chain; nothing was written, so show it to the user and start over.
        NewerLog: at the end of the block: the log holds facts of a newer portalkit; upgrade first.
        StoreError: at the end of the block: the store failed; nothing was written.
    """
