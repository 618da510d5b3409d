"""What a person is told by mail: the page behind their link, and the address that ends it."""

from __future__ import annotations

from typing import Final

from portalkit.language import N_
from portalkit.model import NoticeMode
from portalkit.portal import Subscriber
from portalkit.web.app import Web
from portalkit.web.forms import ONE_CLICK, check_origin, read_fields, whole_form
from portalkit.web.http import Request, Response
from portalkit.web.views.shared import Values, remembered, visitor_form
from portalkit.web.visitor import Visitor

__all__ = ["notices", "unsubscribe"]

HINTS: Final = {
    NoticeMode.DECISIONS: N_("No news; you look for them here when you like."),
    NoticeMode.WEEKLY: N_("The news of a week in one mail."),
    NoticeMode.DAILY: N_("The news of a day in one mail."),
    NoticeMode.ALL: N_("Each update, file and milestone in a mail of its own."),
}
"""What can be chosen, the least first: a robot that clicks on all of it ends where everybody begins."""


def notices(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """What the person is told by mail: the page, and the choice that its form sends."""
    chosen = request.parameter("saved")
    if request.method == "POST":
        chosen = visitor_form(web, request, visitor, ("mode",)).get("mode", "")
        if chosen != visitor.visit.notice_mode:  # else a robot may have pressed the button
            visitor.visit.choose_notices(chosen)
            return web.redirect(f"/p/{visitor.visit.link.id}/notices?saved={chosen}")
    say, mode = visitor.language, visitor.visit.notice_mode
    response = web.page(
        request,
        visitor,
        "notices.html",
        title=f"{say.text(N_('What we mail you'))} · {visitor.project.title}",
        choices=[(choice, say.label(choice), say.text(hint)) for choice, hint in HINTS.items()],
        mode=mode,
        saved=chosen == mode,
    )
    return remembered(web, visitor, response, 0)


def unsubscribe(web: Web, request: Request, values: Values, _: None) -> Response:
    """End mail that nothing waits for: at once for a mail program, after a choice for a browser."""
    subscriber = web.portal.subscriber(values["token"])
    if request.method != "POST":
        return _unsubscribing(web, request, subscriber)
    fields = read_fields(request)
    if fields != [ONE_CLICK]:
        check_origin(request, web.portal.base_url)
        choice = whole_form(fields, ("choice",)).get("choice")
        if choice == "same":
            return web.message(request, 200, N_("Nothing was changed"))
        if choice != "decisions":
            return _unsubscribing(web, request, subscriber, status=422)
    web.portal.unsubscribe(values["token"])
    return web.message(
        request,
        200,
        N_("You get no more news by mail"),
        N_("What needs your decision or your files still comes, and so do answers to you."),
    )


def _unsubscribing(
    web: Web, request: Request, subscriber: Subscriber, *, status: int = 200
) -> Response:
    return web.page(
        request,
        None,
        "unsubscribe.html",
        title=web.asked_language(request).text(N_("Less mail")),
        status=status,
        subscriber=subscriber,
        action=web.address(request.path),
        problem=status != 200,
    )
