"""The console for tests."""

from django.test import Client

from accounts.models import User
from core.tenancy import tenant_scope


def signed_in(user: User) -> Client:
    """A browser in which the person has signed in."""
    client = Client()
    with tenant_scope(user.organization_id):
        client.force_login(user)
    return client
