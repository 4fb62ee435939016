"""Mails that were kept as files instead of being sent, as in development."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

from accounts.models import User

_FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
_SEPARATOR = b"\n" + b"-" * 79 + b"\n"
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """One kept mail; `key` finds it again."""

    key: str
    to: str
    subject: str
    sent_at: datetime | None
    headers: list[tuple[str, str]]
    text: str
    html: str

    @property
    def is_digest(self) -> bool:
        """Digests alone can be unsubscribed from."""
        return any(name == "List-Unsubscribe" for name, _ in self.headers)


def is_kept() -> bool:
    """Whether mails of this installation are kept as files."""
    return bool(settings.EMAIL_BACKEND == _FILE_BACKEND)


def mails(reader: User) -> list[Mail]:
    """The newest mails to people of the organisation in scope, newest first: digests, and the reader's own letters.

    A letter to somebody else stays closed, for its link opens their account.
    """
    addresses = set(User.objects.values_list("email", flat=True))
    found = [
        mail
        for path in _files()
        for mail in _read(path)
        if mail.to.lower() in addresses and (mail.is_digest or mail.to.lower() == reader.email)
    ]
    return sorted(
        found, key=lambda mail: mail.sent_at.timestamp() if mail.sent_at else 0, reverse=True
    )


def find(key: str, reader: User) -> Mail | None:
    """One of `mails`."""
    return next((mail for mail in mails(reader) if mail.key == key), None)


def _files() -> list[Path]:
    directory = Path(settings.EMAIL_FILE_PATH)
    if not directory.is_dir():
        return []
    return sorted(directory.glob("*.log"), reverse=True)[:_MOST_FILES]


def _read(path: Path) -> Iterator[Mail]:
    for number, part in enumerate(path.read_bytes().split(_SEPARATOR)):
        if part.strip():
            yield _mail(f"{path.stem}-{number}", message_from_bytes(part, policy=policy.default))


def _mail(key: str, message: EmailMessage) -> Mail:
    date = message["Date"]
    return Mail(
        key=key,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=parsedate_to_datetime(str(date)) if date else None,
        headers=[(name, str(value)) for name, value in message.items()],
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
