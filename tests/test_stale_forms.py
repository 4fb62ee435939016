"""Every form of the console that changes a row: what another saved meanwhile is not overwritten unknowingly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from accounts.rights import Role
from core.admin.base import ModelAdmin, ReadOnlyModelAdmin
from core.tenancy import tenant_scope
from tests import factories, world
from tests.console import signed_in
from tests.form_fields import form_fields

pytestmark = pytest.mark.thorough

FORMS = [
    model
    for model, page in admin.site._registry.items()
    if isinstance(page, ModelAdmin)
    and page.change_right
    and not isinstance(page, ReadOnlyModelAdmin)
]
#: What the page puts into its forms itself.
OWN = {"_seen", "csrfmiddlewaretoken"}
TOLD = "while you were editing"


@pytest.fixture(scope="module")
def populated(shared_rows: None) -> Organization:
    organization = factories.organization()
    world.populate(organization)
    return organization


@pytest.fixture
def browser(db: None, populated: Organization) -> Iterator[Client]:
    with transaction.atomic():
        yield signed_in(factories.user(populated, role=Role.SUPER_ADMIN))
        transaction.set_rollback(True)


@dataclass(frozen=True, slots=True)
class Opened:
    """A form as somebody opened it."""

    row: Any
    address: str
    name: str
    shown: Any
    sent: dict[str, list[str]]


def opened(browser: Client, model: type[models.Model], organization: Organization) -> Opened:
    """The first row whose form this person may save."""
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    for pk in world.ids_of(model, organization):
        address = reverse(f"admin:{name}_change", args=[pk])
        answer = browser.get(address)
        if answer.status_code == 200 and answer.context["has_change_permission"]:
            form = f"{model._meta.model_name}_form"
            with tenant_scope(organization.pk):
                row = model._base_manager.get(pk=pk)
            shown = answer.context["adminform"].form
            return Opened(row, address, form, shown, form_fields(answer, form))
    raise AssertionError(f"The world of the tests has no {name} that can be changed")


def differing(row: Any, form: Any) -> tuple[str, Any]:
    """A column of the form and another value for it, rather a word than another row."""
    columns = [one for one in row._meta.concrete_fields if one.name in form.fields]
    for field in sorted(columns, key=lambda one: one.is_relation or one.unique):
        other = _other(field, getattr(row, field.attname))
        if other is not None:
            return field.attname, other
    raise AssertionError(f"No field of {row._meta.label} can be changed")


def _other(field: Any, value: Any) -> Any:
    if field.is_relation:
        keys = field.related_model._base_manager.exclude(pk=value).values_list("pk", flat=True)
        return keys.first()
    if field.flatchoices:
        return next((key for key, _ in field.flatchoices if key and key != value), None)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float | Decimal):
        return value + 1
    if isinstance(value, datetime | date):
        return value + timedelta(days=1)
    return f"{value}x" if isinstance(value, str) else None


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model._meta.label_lower)
def test_a_form_that_nobody_else_changed_is_saved(
    model: Any, browser: Client, populated: Organization
) -> None:
    form = opened(browser, model, populated)
    assert "_seen" in form.sent
    answer = browser.post(form.address, form.sent)
    assert answer.status_code == 302, answer.context["errors"]


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model._meta.label_lower)
def test_what_another_saved_meanwhile_is_overwritten_knowingly_or_not_at_all(
    model: Any, browser: Client, populated: Organization
) -> None:
    form = opened(browser, model, populated)
    with tenant_scope(populated.pk):
        name, theirs = differing(form.row, form.shown)
        mine = getattr(form.row, name)
        model._base_manager.filter(pk=form.row.pk).update(**{name: theirs})
    answer = browser.post(form.address, form.sent)
    assert answer.status_code == 200, name
    assert TOLD in answer.content.decode()
    assert _stored(form, name, populated) == theirs
    again = form_fields(answer, form.name)
    assert _typed(again) == _typed(form.sent)
    answer = browser.post(form.address, again)
    assert answer.status_code == 302, answer.context["errors"]
    assert _stored(form, name, populated) == mine


def _typed(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: values for name, values in fields.items() if name not in OWN}


def _stored(form: Opened, name: str, organization: Organization) -> Any:
    with tenant_scope(organization.pk):
        return getattr(type(form.row)._base_manager.get(pk=form.row.pk), name)
