"""Lists and forms of the console about people, keys and the trail."""

from django.contrib import admin
from django.contrib.auth.models import Group
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.admin import api_keys, audit, shifts, teams, users

admin.site.unregister(Group)  # the table of rights decides, no groups
# They belong to no organisation, and hold what signs people in; ending access revokes them.
admin.site.unregister([BlacklistedToken, OutstandingToken])

__all__ = ["api_keys", "audit", "shifts", "teams", "users"]
