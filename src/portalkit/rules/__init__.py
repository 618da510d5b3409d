"""The rules: a project and a request give the lines to be written, or a refusal.

Pure: no clock, no randomness, no look-ups.  What lies outside the folded project (fresh ids, an old
approval, what the access log knows) comes in as an argument.  Every function either returns the lines
that the request adds to the log, in order, or raises `Refused` or `NotFound` and nothing has happened.
"""

from portalkit.rules.approvals import decide, manifest_digest, request_approval, void_approval
from portalkit.rules.files import add_file, add_version, own_name, set_file_state, withdraw_file
from portalkit.rules.finding import find_person, find_present, people_named
from portalkit.rules.links import (
    DAY_MS,
    admit,
    change_link,
    issue_link,
    request_link,
    require,
    revoke_link,
    rotate_link,
)
from portalkit.rules.milestones import (
    add_milestone,
    change_milestone,
    complete_milestone,
    order_milestones,
    reopen_milestone,
    start_milestone,
)
from portalkit.rules.notices import (
    came_back,
    checked_reminders,
    choices_left,
    choose_notices,
    find_sending,
    nudge,
)
from portalkit.rules.people import add_person, change_person, checked_staff, join_staff, person_of
from portalkit.rules.project import change_project, open_project, set_resources, set_status
from portalkit.rules.questions import (
    answer_question,
    ask_further,
    ask_question,
    ask_recap,
    close_question,
    questions_left,
    record_recap,
    reopen_question,
)
from portalkit.rules.requests import (
    Allowance,
    Circumstances,
    Delivered,
    Needed,
    Staff,
    UploadLimits,
)
from portalkit.rules.seeing import advice, advice_at_end, enters, see, sees
from portalkit.rules.updates import post_update, revise_update
from portalkit.rules.uploads import (
    allowance,
    fulfil_request,
    hand_in,
    release_file,
    request_file,
    withdraw_request,
)
from portalkit.rules.visibility import Visibility, Why, why_visible

__all__ = [
    "DAY_MS",
    "Allowance",
    "Circumstances",
    "Delivered",
    "Needed",
    "Staff",
    "UploadLimits",
    "Visibility",
    "Why",
    "add_file",
    "add_milestone",
    "add_person",
    "add_version",
    "admit",
    "advice",
    "advice_at_end",
    "allowance",
    "answer_question",
    "ask_further",
    "ask_question",
    "ask_recap",
    "came_back",
    "change_link",
    "change_milestone",
    "change_person",
    "change_project",
    "checked_reminders",
    "checked_staff",
    "choices_left",
    "choose_notices",
    "close_question",
    "complete_milestone",
    "decide",
    "enters",
    "find_person",
    "find_present",
    "find_sending",
    "fulfil_request",
    "hand_in",
    "issue_link",
    "join_staff",
    "manifest_digest",
    "nudge",
    "open_project",
    "order_milestones",
    "own_name",
    "people_named",
    "person_of",
    "post_update",
    "questions_left",
    "record_recap",
    "release_file",
    "reopen_milestone",
    "reopen_question",
    "request_approval",
    "request_file",
    "request_link",
    "require",
    "revise_update",
    "revoke_link",
    "rotate_link",
    "see",
    "sees",
    "set_file_state",
    "set_resources",
    "set_status",
    "start_milestone",
    "void_approval",
    "why_visible",
    "withdraw_file",
    "withdraw_request",
]
