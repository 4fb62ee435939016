"""Lists and forms of the console about people, keys and the trail."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import api_keys, audit, users

admin.site.unregister(Group)  # the table of rights decides, no groups

__all__ = ["api_keys", "audit", "users"]
