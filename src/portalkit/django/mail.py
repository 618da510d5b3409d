"""Mail as the project sends its own: through Django's ``EMAIL_BACKEND``."""

from __future__ import annotations

import smtplib

from django.core.mail import EmailMultiAlternatives

from portalkit import AddressRefused, Message

__all__ = ["DjangoMail"]


class DjangoMail:
    """Hands messages to Django's mail."""

    def __call__(self, message: Message) -> None:
        """Hand a message over.

        Args:
            message: what to send.

        Raises:
            AddressRefused: the mail system refuses the address or the message for good.
        """
        ours = {name: str(value) for name, value in message.email().items()}
        mail = EmailMultiAlternatives(
            subject=ours["Subject"],
            body=message.text,
            from_email=ours["From"],
            to=[ours["To"]],
            headers={name: value for name, value in ours.items() if name not in _DJANGOS},
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()))
            if code < 500:
                raise
            raise AddressRefused("the address is refused for good", code=str(code)) from error


_DJANGOS = frozenset(
    {"Subject", "From", "To", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
)
