"""Tags for the project's own pages: ``{% load portalkit %}``.

Each takes the project's own key (``ref``), and ``account=`` where there are several tenants.
"""

from __future__ import annotations

from typing import Any

from django import template

from portalkit.django.site import site

__all__ = ["register"]

register = template.Library()


@register.simple_tag
def portal_answers(*args: Any, **options: Any) -> Any:
    """The four answers: ``{% portal_answers job.ref as answers %}``."""
    return site().host.answers(*args, **options)


@register.simple_tag
def portal_pending(*args: Any, **options: Any) -> Any:
    """The decisions that still wait: ``{% portal_pending job.ref as asks %}``."""
    return site().host.pending(*args, **options)


@register.simple_tag
def portal_questions(*args: Any, **options: Any) -> Any:
    """The questions that wait for an answer: ``{% portal_questions job.ref as questions %}``."""
    return site().host.questions(*args, **options)


@register.simple_tag
def portal_review(*args: Any, **options: Any) -> Any:
    """What the last week brought, as markup: ``{% portal_review job.ref %}``."""
    return site().host.review(*args, **options)


@register.simple_tag
def portal_sentence(*args: Any, **options: Any) -> str:
    """The four answers as one sentence: ``{% portal_sentence job.ref %}``."""
    return site().host.sentence(*args, **options)


@register.simple_tag
def portal_seen(*args: Any, **options: Any) -> Any:
    """What is known of each client's visits, in words: ``{% portal_seen job.ref as clients %}``."""
    return site().host.seen(*args, **options)


@register.simple_tag
def portal_link(*args: Any, **options: Any) -> str:
    """The address of a person's link: ``{% portal_link job.ref person.email %}``."""
    return site().host.link(*args, **options)
