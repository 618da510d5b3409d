"""What the pages show: pure views of a project for one person at one moment, values without markup.

Pages, the JSON twin and the host's own templates are made from these values; all of them come from
`rules.see`, so they hold nothing that the person may not see.
"""

from portalkit.pages.parts import milestone_view, reference
from portalkit.pages.review import (
    MilestoneReview,
    QuestionReview,
    Review,
    Week,
    review_as_json,
    review_page,
    week_of,
)
from portalkit.pages.seeing import seen_view
from portalkit.pages.twin import as_json
from portalkit.pages.values import (
    ApprovalPage,
    Ask,
    FileView,
    HistoryPage,
    Line,
    MilestonePage,
    MilestoneView,
    News,
    ProjectPage,
    QuestionPage,
    QuestionView,
    Reader,
    SeenView,
    Sentence,
    UpdatePage,
    Wanted,
)
from portalkit.pages.views import (
    approval_page,
    history_page,
    milestone_page,
    project_page,
    question_page,
    update_page,
)
from portalkit.pages.wording import (
    download_sentence,
    seen_sentences,
    sentence,
    staff_sentence,
    visibility_sentence,
)

__all__ = [
    "ApprovalPage",
    "Ask",
    "FileView",
    "HistoryPage",
    "Line",
    "MilestonePage",
    "MilestoneReview",
    "MilestoneView",
    "News",
    "ProjectPage",
    "QuestionPage",
    "QuestionReview",
    "QuestionView",
    "Reader",
    "Review",
    "SeenView",
    "Sentence",
    "UpdatePage",
    "Wanted",
    "Week",
    "approval_page",
    "as_json",
    "download_sentence",
    "history_page",
    "milestone_page",
    "milestone_view",
    "project_page",
    "question_page",
    "reference",
    "review_as_json",
    "review_page",
    "seen_sentences",
    "seen_view",
    "sentence",
    "staff_sentence",
    "update_page",
    "visibility_sentence",
    "week_of",
]
