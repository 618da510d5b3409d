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
        _refuse(message.to, ours["To"])
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


def _refuse(address: str, header: str) -> None:
    """Refuse what Django cannot send at any attempt."""
    if not address.rpartition("@")[0].isascii():
        raise AddressRefused(
            "Django would write to another mailbox: it takes no address that is not ASCII before the @",
            remedy="Use another address, or portalkit.transports.Smtp",
            code="5.6.7 no SMTPUTF8",
        )
    domain = header.rpartition("@")[2].removesuffix(">")
    if not all(0 < len(label) < 64 for label in domain.split(".")):
        raise AddressRefused(
            "there can be no such domain", remedy="Correct the address", code="5.1.2"
        )


_DJANGOS = frozenset(
    {"Subject", "From", "To", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
)
