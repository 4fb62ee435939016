"""A client of the API for tests."""

from typing import Any

from rest_framework.test import APIClient

from accounts.api import tokens
from accounts.models import User

BASE = "/api/v1/"


class Client(APIClient):
    """Speaks JSON with a token of its person; addresses are given below /api/v1/."""

    default_format = "json"

    def __init__(self, user: User | None = None, **extra: Any) -> None:
        super().__init__(**extra)
        if user is not None:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user).access}")

    def generic(self, method: str, path: Any, *args: Any, **kwargs: Any) -> Any:
        address = path if path.startswith(("/", "http")) else BASE + path
        return super().generic(method, address, *args, **kwargs)
