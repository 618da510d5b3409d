"""Notices: who has to be told what and when, as pure functions of the project."""

from portalkit.notices.due import Due, due, wake
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
    "wake",
]
