"""Plain edits: validated, saved, recorded; refusals in words."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, Invalid
from core.models import AuditEntry, IdempotencyKey
from core.services import records
from core.tenancy import CrossTenantWrite

pytestmark = pytest.mark.django_db


def berta(**values: Any) -> User:
    return User(
        **{
            "email": "berta@adler.example",
            "name": "Berta",
            "role": Role.ADMIN,
            "password": "x",
            **values,
        }
    )


def trail() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "changes"))


def test_creating_records_the_values(anna: User, scope: Any, now: datetime) -> None:
    user = records.create(berta(), by=anna, now=now)
    assert user.organization_id == scope
    [(action, changes)] = trail()
    assert (action, changes["name"]) == ("create", [None, "Berta"])
    assert changes["password"] == ["(hidden)", "(hidden)"]
    assert "phone" not in changes
    assert "organization" not in changes


def test_wrong_values_are_refused_by_field(anna: User, scope: Any, now: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        records.create(berta(email="nonsense", name=""), by=anna, now=now)
    assert set(caught.value.errors) == {"email", "name"}
    assert trail() == []


def test_updating_records_old_and_new(anna: User, scope: Any, now: datetime) -> None:
    user = records.create(berta(), by=anna, now=now)
    records.update(user, {"name": "Bertha", "phone": ""}, by=anna, now=now)
    assert trail()[1] == ("update", {"name": ["Berta", "Bertha"]})
    records.update(user, {"name": "Bertha"}, by=anna, now=now)
    assert len(trail()) == 2


def test_updating_compares_with_the_database(anna: User, scope: Any, now: datetime) -> None:
    user = records.create(berta(), by=anna, now=now)
    User.objects.filter(pk=user.pk).update(name="Changed meanwhile")
    records.update(user, {"name": "Berta"}, by=anna, now=now)
    assert trail()[1][1] == {"name": ["Changed meanwhile", "Berta"]}


def test_related_rows_are_recorded_by_name(anna: User, scope: Any, now: datetime) -> None:
    user = records.create(berta(), by=anna, now=now)
    row = IdempotencyKey.objects.create(user=anna, key="k", endpoint="e", body_hash="h")
    records.update(row, {"user": user}, by=anna, now=now)
    assert trail()[-1][1] == {"user": ["anna", "Berta"]}


def test_a_row_that_is_gone_is_a_conflict(anna: User, scope: Any, now: datetime) -> None:
    user = records.create(berta(), by=anna, now=now)
    User.objects.filter(pk=user.pk).delete()
    with pytest.raises(Conflict) as caught:
        records.update(user, {"name": "x"}, by=anna, now=now)
    assert caught.value.code == "gone"


def test_deleting_records_what_was_lost(anna: User, scope: Any, now: datetime) -> None:
    user = records.create(berta(), by=anna, now=now)
    pk = user.pk
    records.delete(user, by=anna, now=now)
    action, changes = trail()[1]
    assert (action, changes["name"]) == ("delete", ["Berta", None])
    assert not User.objects.filter(pk=pk).exists()
    assert AuditEntry.objects.get(action="delete").object_id == str(pk)


def test_a_row_in_use_stays(mine: Organization, anna: User, scope: Any, now: datetime) -> None:
    with pytest.raises(Conflict, match="1 × user") as caught:
        records.delete(mine, by=anna, now=now)
    assert caught.value.code == "still_used"
    assert trail() == []


def test_the_database_speaks_in_words(anna: User, scope: Any, now: datetime, otto: User) -> None:
    """The e-mail is taken in another organisation, which validation cannot see."""
    with pytest.raises(
        Conflict, match=r"^This e-mail address cannot be used\. Enter another one\.$"
    ) as caught:
        records.create(berta(email=otto.email), by=anna, now=now)
    assert (caught.value.code, caught.value.field) == ("not_unique", "email")
    assert trail() == []


def test_a_lost_race_is_a_conflict(
    anna: User, scope: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "validate", lambda instance: None)
    first = IdempotencyKey(user=anna, key="k", endpoint="e", body_hash="h")
    records.create(first, by=anna, now=now)
    with pytest.raises(Conflict, match="Another idempotency key has this user and key already"):
        records.create(IdempotencyKey(user=anna, key="k", endpoint="e"), by=anna, now=now)
    with pytest.raises(Invalid):
        records.update(first, {"response_status": 3}, by=anna, now=now)


def test_unknown_refusals_still_have_a_sentence(anna: User) -> None:
    assert "contradicts" in str(records.translated(IntegrityError("?"), anna))
    assert "gone" in str(records.translated(IntegrityError("FOREIGN KEY constraint failed"), anna))


def test_another_organizations_row_is_out_of_reach(
    anna: User, otto: User, scope: Any, now: datetime
) -> None:
    with pytest.raises(CrossTenantWrite):
        records.delete(otto, by=anna, now=now)
    with pytest.raises(Conflict):
        records.update(otto, {"name": "x"}, by=anna, now=now)
