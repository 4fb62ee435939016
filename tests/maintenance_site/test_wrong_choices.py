"""Fields in which a row is searched and picked: what is no row is a wrong choice, never a fault of the site."""

import pytest
from django.contrib import admin as console
from django.urls import reverse

from accounts.models import User
from tests.console import signed_in

FORMS = [
    (model, name)
    for model, kind in console.site._registry.items()
    for name in getattr(kind, "autocomplete_fields", ())
]


@pytest.mark.parametrize(("model", "name"), FORMS, ids=lambda part: getattr(part, "__name__", part))
@pytest.mark.parametrize("nonsense", ["x", "é" * 300])
def test_nonsense_is_a_wrong_choice(admin: User, model: type, name: str, nonsense: str) -> None:
    browser = signed_in(admin)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")  # type: ignore[attr-defined]

    assert browser.get(address, {name: nonsense}).status_code == 200

    answer = browser.post(address, {name: nonsense})
    assert answer.status_code == 200
    assert name in answer.context["adminform"].form.errors
