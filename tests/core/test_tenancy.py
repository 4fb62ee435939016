"""Nothing works without a scope, and nothing crosses from one scope into another."""

import pickle
from collections.abc import Callable, Iterable
from functools import partial
from operator import methodcaller
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import Count, Exists, OuterRef, Subquery

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment, AuditEntry, IdempotencyKey, OutboxEvent, TenantModel
from core.querysets.tenant import _OPEN, closed
from core.tenancy import (
    CrossTenantWrite,
    TenantScopeMissing,
    all_tenants,
    current_organization_id,
    enter_scope,
    leave_scope,
    tenant_scope,
)
from tests.core.conftest import person

TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]
PURE = {"all", "using", "none", "as_manager"}  # work on a queryset without touching a row


def public_methods(model: Any) -> list[str]:
    queryset_class = model._default_manager._queryset_class
    return sorted(
        name
        for name in dir(queryset_class)
        if not name.startswith("_") and name not in PURE and callable(getattr(queryset_class, name))
    )


def working(ways: Iterable[tuple[str, Callable[[], object]]]) -> list[str]:
    """Of these ways, those that end otherwise than for want of a scope."""
    found = []
    for name, act in ways:
        try:
            found.append(f"{name} gave {act()!r}")
        except TenantScopeMissing:
            continue
        except Exception as error:
            found.append(f"{name} came as far as {error!r}")
    return found


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label_lower)
def test_no_method_works_outside_a_scope(model: type[models.Model]) -> None:
    manager, base = model._default_manager, model._base_manager
    ways: list[tuple[str, Callable[[], object]]] = []
    for name in public_methods(model):
        sources: list[Any] = [manager.all(), base.all()]
        sources += [manager] if hasattr(type(manager), name) else []
        ways += [(name, partial(methodcaller(name), source)) for source in sources]
    assert len(ways) > 100
    assert working(ways) == []


WAYS: dict[str, Callable[[Any], Any]] = {
    "iterate": lambda m: list(m.objects.all()),
    "iterator": lambda m: list(m.objects.iterator()),
    "len": lambda m: len(m.objects.all()),
    "bool": lambda m: bool(m.objects.all()),
    "index": lambda m: m.objects.all()[0],
    "slice": lambda m: m.objects.all()[:5],
    "contains": lambda m: m() in m.objects.all(),
    "pickle": lambda m: pickle.dumps(m.objects.all()),
    "query": lambda m: str(m.objects.all().query),
    "or": lambda m: m.objects.all() | m.objects.all(),
    "and": lambda m: m.objects.all() & m.objects.all(),
    "xor": lambda m: m.objects.all() ^ m.objects.all(),
    "exists": lambda m: m.objects.exists(),
    "exclude exists": lambda m: m.objects.exclude(pk=None).exists(),
    "explain": lambda m: m.objects.explain(),
    "aggregate": lambda m: m.objects.aggregate(Count("pk")),
    "in subquery": lambda m: Organization.objects.filter(pk__in=m.objects.all()).exists(),
    "in manager": lambda m: Organization.objects.filter(pk__in=m._base_manager.all()).exists(),
    "Subquery": lambda m: Organization.objects.annotate(x=Subquery(m.objects.all())).first(),
    "Exists": lambda m: Organization.objects.filter(Exists(m.objects.all())).exists(),
    "none and union": lambda m: m.objects.none().union(m.objects.all()),
    "none and raw": lambda m: list(m.objects.none().raw("select 1")),
    "none and update": lambda m: m.objects.none().update(pk=None),
    "none and create": lambda m: m.objects.none().create(),
    "none and bulk_create": lambda m: m.objects.none().bulk_create([m()]),
    "none and bulk_update": lambda m: m.objects.none().bulk_update([m(pk=uuid4())], ["pk"]),
    "none and get_or_create": lambda m: m.objects.none().get_or_create(pk=uuid4()),
    "base manager": lambda m: m._base_manager.first(),
    "manager of an alias": lambda m: m.objects.db_manager("default").count(),
    "using": lambda m: m.objects.using("default").count(),
    "raw": lambda m: list(m.objects.raw("select 1")),
    "bulk_create": lambda m: m.objects.bulk_create([m()]),
    "empty bulk_create": lambda m: m.objects.bulk_create([]),
    "save": lambda m: m().save(),
    "save_base": lambda m: m().save_base(raw=True),
    "delete": lambda m: m(pk=uuid4()).delete(),
    "refresh": lambda m: m(pk=uuid4()).refresh_from_db(),
    "private insert": lambda m: m.objects._insert([m()], fields=m._meta.fields),
    "private update": lambda m: m.objects._update([]),
    "private raw delete": lambda m: m.objects.all()._raw_delete("default"),
    "async iterate": lambda m: async_to_sync(first_of)(m),
    "async count": lambda m: async_to_sync(count_of)(m),
}


async def count_of(model: Any) -> Any:
    return await model.objects.acount()


async def first_of(model: Any) -> Any:
    async for row in model.objects.all():
        return row


@pytest.mark.django_db
@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label_lower)
def test_no_other_way_works_outside_a_scope(model: type[models.Model]) -> None:
    assert working((name, partial(way, model)) for name, way in WAYS.items()) == []


def test_the_guard_is_an_allow_list() -> None:
    class Later(User.objects.none().__class__):  # type: ignore[misc]
        def added_by_a_later_django(self) -> list[object]:
            return list(super().all())

    with pytest.raises(TenantScopeMissing):
        closed(Later)(model=User).added_by_a_later_django()
    assert not {name for name in _OPEN if not name.startswith("_")} - PURE - {"db"}


@pytest.mark.django_db
def test_none_works_anywhere() -> None:
    assert list(User.objects.none()) == []
    assert User.objects.none().filter(name="x").count() == 0
    assert "outside a tenant scope" in repr(User.objects.all())


def test_relations_are_closed_too(anna: User, now: Any) -> None:
    with tenant_scope(anna.organization_id):
        key = IdempotencyKey.objects.create(user=anna, key="k", endpoint="POST /", body_hash="")
        key = IdempotencyKey.objects.get()
        user_id = key.user_id
    assert user_id == anna.pk
    with pytest.raises(TenantScopeMissing):
        str(key.user)


def test_fields_made_before_a_scope_find_it_later(anna: User, otto: User) -> None:
    made_at_import = User.objects.all()
    with tenant_scope(anna.organization_id):
        assert list(made_at_import.all()) == [anna]
    with tenant_scope(otto.organization_id):
        assert list(made_at_import.all()) == [otto]
    with pytest.raises(TenantScopeMissing):
        list(made_at_import.all())


def test_a_scope_shows_its_own_rows(anna: User, otto: User) -> None:
    with tenant_scope(anna.organization_id):
        assert list(User.objects.all()) == [anna]
        assert not User.objects.filter(pk=otto.pk).exists()
        assert User._base_manager.filter(pk=otto.pk).count() == 0
        with pytest.raises(User.DoesNotExist):
            otto.refresh_from_db()
        with pytest.raises(TenantScopeMissing):
            User.objects.raw("select * from accounts_user")
        with tenant_scope(otto.organization_id):
            assert User.objects.get() == otto
        assert current_organization_id() == anna.organization_id
    assert current_organization_id() is None


def test_all_tenants_shows_everything_and_wants_owners(anna: User, otto: User) -> None:
    with all_tenants(reason="test"):
        assert User.objects.count() == 2
        assert current_organization_id() is None
        assert len(list(User.objects.raw("select * from accounts_user"))) == 2
        with pytest.raises(CrossTenantWrite, match="explicit organization"):
            User.objects.create(email="x@x.example", name="x", role=Role.ADMIN)
    with pytest.raises(ValueError, match="reason"), all_tenants(reason=" "):
        pass


def test_scopes_of_doors_end_with_their_token(anna: User) -> None:
    token = enter_scope(anna.organization_id)
    assert User.objects.get() == anna
    leave_scope(token)
    assert current_organization_id() is None


def new_key(user_id: Any, **values: Any) -> IdempotencyKey:
    return IdempotencyKey(user_id=user_id, key=str(uuid4()), endpoint="POST /", **values)


def test_inserts_adopt_the_scope(anna: User, scope: Any) -> None:
    saved = new_key(anna.pk)
    saved.save()
    [bulk] = IdempotencyKey.objects.bulk_create([new_key(anna.pk)])
    got, _ = IdempotencyKey.objects.get_or_create(key="a", user=anna, endpoint="POST /")
    put, _ = IdempotencyKey.objects.update_or_create(key="b", user=anna, endpoint="POST /")
    cleaned = new_key(anna.pk, body_hash="x")
    cleaned.full_clean()
    assert {row.organization_id for row in (saved, bulk, got, put, cleaned)} == {scope}


FOREIGN_WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "save": lambda org, user: new_key(user.pk, organization=org).save(),
    "create": lambda org, user: IdempotencyKey.objects.create(
        user=user, organization=org, key="k", endpoint="e"
    ),
    "bulk_create": lambda org, user: IdempotencyKey.objects.bulk_create(
        [new_key(user.pk, organization=org)]
    ),
    "get_or_create": lambda org, user: IdempotencyKey.objects.get_or_create(
        key="k", user=user, endpoint="e", defaults={"organization": org}
    ),
    "update_or_create": lambda org, user: IdempotencyKey.objects.update_or_create(
        key="mine", defaults={"organization": org}
    ),
    "update": lambda org, user: IdempotencyKey.objects.update(organization=org),
    "update by id": lambda org, user: IdempotencyKey.objects.update(organization_id=org.pk),
    "bulk_update": lambda org, user: move_in_bulk(org),
    "change its user": lambda org, user: User.objects.filter(pk=user.pk).update(organization=org),
    "save theirs": lambda org, user: user.save(),
    "delete theirs": lambda org, user: user.delete(),
    "key by id": lambda org, user: new_key(user.pk).save(),
    "key by row": lambda org, user: IdempotencyKey.objects.create(user=user, key="k"),
    "keys in bulk": lambda org, user: IdempotencyKey.objects.bulk_create([new_key(user.pk)]),
    "update a key by id": lambda org, user: IdempotencyKey.objects.update(user_id=str(user.pk)),
    "update a key by row": lambda org, user: IdempotencyKey.objects.update(user=user),
    "bulk_update a key": lambda org, user: point_in_bulk(user),
    "save a key alone": lambda org, user: point_alone(user),
    "upsert": lambda org, user: User.objects.bulk_create(
        [User(email=user.email, name="taken over", role=Role.ADMIN)],
        update_conflicts=True,
        unique_fields=["email"],
        update_fields=["name"],
    ),
}


def move_in_bulk(organization: Organization) -> None:
    row = IdempotencyKey.objects.get()
    row.organization = organization
    IdempotencyKey.objects.bulk_update([row], ["organization"])


def point_in_bulk(user: User) -> None:
    row = IdempotencyKey.objects.get()
    row.user_id = user.pk
    IdempotencyKey.objects.bulk_update([row], ["user"])


def point_alone(user: User) -> None:
    row = IdempotencyKey.objects.get()
    row.user_id = user.pk
    row.save(update_fields=["user"])


@pytest.mark.parametrize("way", FOREIGN_WRITES)
def test_nothing_is_written_across(
    way: str, anna: User, otto: User, theirs: Organization, scope: Any
) -> None:
    row = IdempotencyKey.objects.create(key="mine", user=anna, endpoint="POST /")
    with pytest.raises(CrossTenantWrite):
        FOREIGN_WRITES[way](theirs, otto)
    row.refresh_from_db()
    assert (row.user_id, row.organization_id) == (anna.pk, scope)
    assert IdempotencyKey.objects.count() == 1
    with tenant_scope(theirs.pk):
        otto.refresh_from_db()
        assert otto.name == "otto"


def test_a_stolen_id_does_not_move_a_row(otto: User, scope: Any) -> None:
    copy = User(pk=otto.pk, email="new@adler.example", name="copy", role=Role.ADMIN)
    with pytest.raises(IntegrityError):
        copy.save()


def test_keys_are_checked_under_all_tenants(anna: User, otto: User, mine: Organization) -> None:
    with all_tenants(reason="test"), pytest.raises(CrossTenantWrite):
        new_key(otto.pk, organization=mine).save()


def test_engine_writes_may_skip_the_check_of_keys(
    anna: User, scope: Any, django_assert_num_queries: Any
) -> None:
    rows = [new_key(anna.pk) for _ in range(10)]
    with django_assert_num_queries(1):
        IdempotencyKey.objects.bulk_create(rows, check_foreign_keys=False)
    with django_assert_num_queries(2):  # one look-up for all ten keys
        IdempotencyKey.objects.bulk_create([new_key(anna.pk) for _ in range(10)])
    loaded = [IdempotencyKey(user=anna, key=str(uuid4()), endpoint="e") for _ in range(10)]
    with django_assert_num_queries(1):
        IdempotencyKey.objects.bulk_create(loaded)


def test_upserts_inside_the_organization_work(anna: User, scope: Any) -> None:
    IdempotencyKey.objects.create(key="k", user=anna, endpoint="old")
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(key="k", user=anna, endpoint="new")],
        update_conflicts=True,
        unique_fields=["organization", "user", "key"],
        update_fields=["endpoint"],
    )
    assert IdempotencyKey.objects.get().endpoint == "new"


def test_uniqueness_in_the_organization_is_checked_without_naming_it(
    anna: User, scope: Any
) -> None:
    IdempotencyKey.objects.create(key="k", user=anna, endpoint="e", body_hash="h")
    twin = IdempotencyKey(key="k", user=anna, endpoint="e", body_hash="h")
    with pytest.raises(ValidationError, match=r"already\. Enter"):
        twin.validate_constraints(exclude={"organization"})


def test_only_shared_rows_of_others_can_be_pointed_at(
    anna: User, otto: User, theirs: Organization, scope: Any
) -> None:
    operator = person(theirs, "root@stadtwerke.example", Role.SUPER_ADMIN)
    with pytest.raises(CrossTenantWrite):
        new_key(otto.pk).save()
    new_key(operator.pk).save()
    assert IdempotencyKey.objects.get().user == operator
    assert not User.objects.filter(pk=operator.pk).exists()


def test_rows_in_subqueries_stay_in_scope(anna: User, otto: User, scope: Any) -> None:
    organizations = Organization.objects.annotate(
        people=Exists(User.objects.filter(organization=OuterRef("pk")))
    )
    found = dict(organizations.values_list("slug", "people"))
    assert found == {"adler": True, "stadtwerke": False}


def test_the_kernel_has_tenant_models() -> None:
    assert {Attachment, AuditEntry, IdempotencyKey, OutboxEvent} <= set(TENANT_MODELS)
