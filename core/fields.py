"""Model fields of our own."""

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    CharField = models.CharField[Any, Any]
else:
    CharField = models.CharField


class SealedCharField(CharField):
    """Short text that stands encrypted in the database, for personal data; it cannot be searched, sorted or filtered.

    The key comes from SECRET_KEY; what keys in SECRET_KEY_FALLBACKS sealed can still be read. `max_length` is of the
    text, not of what is stored.
    """

    def db_type(self, connection: Any) -> str:
        """Sealed text is longer than the text."""
        return "text"

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return _keys().decrypt(value).decode() if value else value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.sealed(value)

    @staticmethod
    def sealed(value: Any) -> Any:
        """As it stands in the database."""
        return _keys().encrypt(str(value).encode()).decode() if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """None: Django then says that the lookup is not supported."""
        return None


def _keys() -> MultiFernet:
    return _made_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def _made_of(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    """A key for this purpose only, so that it tells nothing about SECRET_KEY's other uses."""
    derivation = HKDF(hashes.SHA256(), length=32, salt=None, info=b"mainstay.sealed-text")
    return base64.urlsafe_b64encode(derivation.derive(secret.encode()))
