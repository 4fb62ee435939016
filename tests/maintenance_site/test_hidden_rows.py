"""The console's pages of single rows: another organisation's id and nobody's are nowhere."""

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Organization, User
from accounts.rights import Role
from core.admin.base import ModelAdmin
from core.tenancy import tenant_scope
from tests import factories, world

MODELS = [model for model, shown in admin.site._registry.items() if isinstance(shown, ModelAdmin)]


@pytest.fixture
def other(stranger: Organization, settings: Any, tmp_path: Any) -> Organization:
    settings.MEDIA_ROOT = tmp_path
    world.populate(stranger)
    return stranger


@pytest.mark.parametrize("role", [Role.ADMIN, Role.EXECUTIVE_ADMIN])
def test_they_answer_404_on_every_page(
    organization: Organization, other: Organization, role: Role
) -> None:
    person: User = factories.user(organization, role=role)
    browser = Client()
    browser.force_login(person)
    wrong = []
    for model, page in product(MODELS, ("change", "delete", "history")):
        with tenant_scope(other.pk):
            theirs: Any = model._default_manager.order_by("pk").first()
        for identity in (theirs.pk if theirs else uuid4(), uuid4(), "nonsense"):
            try:
                address = reverse(
                    f"admin:{model._meta.label_lower.replace('.', '_')}_{page}", args=[identity]
                )
            except NoReverseMatch:
                continue
            for send in (browser.get, browser.post):
                # an address that only takes forms leads to the page above it
                status = send(address, follow=True).status_code
                # 403, 405: the page is not open to the role or method, whatever the id
                may_be_closed = page == "delete" or send == browser.post
                if status not in ({403, 404, 405} if may_be_closed else {404}):
                    wrong.append(f"{address}: {status}")
    assert MODELS
    assert not wrong, wrong
