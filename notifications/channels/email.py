"""Mail, through whatever Django's mail settings name: SMTP, or files in development."""

import smtplib
from email.mime.text import MIMEText
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.channels.base import (
    CalendarFile,
    Channel,
    ChannelDown,
    DeliveryError,
    Letter,
    Receipt,
    Recipient,
)

_PERMANENT = range(500, 600)


class EmailChannel(Channel):
    """One SMTP connection for as many letters as it lasts."""

    key = "email"

    def __init__(self) -> None:
        self._connection: Any = None

    def address_of(self, recipient: Recipient) -> str:
        return recipient.email

    def send(self, letter: Letter) -> Receipt:
        """Raises ChannelDown when the server cannot be reached or refuses to talk, DeliveryError otherwise."""
        try:
            self._open().send_messages([self._message(letter)])
        except smtplib.SMTPRecipientsRefused as error:
            refusals = [f"{code} {_text(text)}" for code, text in error.recipients.values()]
            codes = [code for code, _ in error.recipients.values()]
            raise DeliveryError("; ".join(refusals), permanent=_all_permanent(codes)) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            message = f"{error.smtp_code} {_text(error.smtp_error)}"
            raise DeliveryError(message, permanent=_all_permanent([error.smtp_code])) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise ChannelDown(f"{type(error).__name__}: {error}") from error
        return Receipt()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Any:
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection
        return self._connection

    def _message(self, letter: Letter) -> EmailMultiAlternatives:
        message = EmailMultiAlternatives(
            subject=letter.subject,
            body=letter.text,
            to=[letter.to],
            headers={"Message-ID": letter.reference, **letter.headers},
        )
        if letter.html:
            message.attach_alternative(letter.html, "text/html")
        for file in letter.calendar_files:
            message.attach(_part(file))
        return message


def _part(file: CalendarFile) -> MIMEText:
    """The method stands beside the type, so that mail programs offer to enter it (RFC 6047)."""
    part = MIMEText(file.content.decode(), "calendar", "utf-8")
    part.set_param("method", file.method)
    part.add_header("Content-Disposition", "attachment", filename=file.name)
    return part


def _all_permanent(codes: list[int]) -> bool:
    return bool(codes) and all(code in _PERMANENT for code in codes)


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
