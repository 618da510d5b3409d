"""Notices: who has to be told what and when, as pure functions of the project."""

from portalkit.notices.due import Due, due, first_due, wake
from portalkit.notices.policy import Policy
from portalkit.notices.values import Message, Notice, Render, Transport

__all__ = [
    "Due",
    "Message",
    "Notice",
    "Policy",
    "Render",
    "Transport",
    "due",
    "first_due",
    "wake",
]
