"""Model fields of our own."""

import base64
import logging
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    CharField = models.CharField[Any, Any]
else:
    CharField = models.CharField

_NONCE = 12
logger = logging.getLogger(__name__)


class SealedCharField(CharField):
    """Short text that stands encrypted in the database, for personal data; it cannot be searched, sorted or filtered.

    AES-256-GCM with a key made of SECRET_KEY; what keys in SECRET_KEY_FALLBACKS sealed can still be read, and what no
    known key opens reads as empty. `max_length` is of the text, not of what is stored.
    """

    def db_type(self, connection: Any) -> str:
        """Sealed text is longer than the text."""
        return "text"

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return _opened(value) if value else value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.sealed(value)

    @staticmethod
    def sealed(value: Any) -> Any:
        """As it stands in the database."""
        return _sealed(str(value)) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """None: Django then says that the lookup is not supported."""
        return None


def _sealed(text: str) -> str:
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _keys()[0].encrypt(nonce, text.encode(), None)).decode()


def _opened(value: str) -> str:
    sealed = base64.b64decode(value)
    for key in _keys():
        try:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()
        except InvalidTag:
            continue
    logger.error("sealed text cannot be read: name the former SECRET_KEY in SECRET_KEY_FALLBACKS")
    return ""


def _keys() -> list[AESGCM]:
    return _made_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def _made_of(*secrets: str) -> list[AESGCM]:
    return [AESGCM(_derived(secret)) for secret in secrets]


def _derived(secret: str) -> bytes:
    """A key for this purpose only, so that it tells nothing about SECRET_KEY's other uses."""
    derivation = HKDF(hashes.SHA256(), length=32, salt=None, info=b"mainstay.sealed-text")
    return derivation.derive(secret.encode())
