"""Lists and forms of the console about people, keys and the trail."""

from accounts.admin import api_keys, audit, users

__all__ = ["api_keys", "audit", "users"]
