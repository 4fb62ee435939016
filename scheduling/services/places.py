"""Where a resource is, in words. The names are remembered in Redis for an hour (REQUIREMENTS B12).

Many pages and mails name places, whose names hardly ever change. Where they are, zones, states and dates are always
read from the database; so are names without a cache that all processes share, since none could tell the others that
one changed.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction

from core.ids import new_id
from core.tenancy import current_organization_id
from scheduling.models import Resource

KEPT = timedelta(hours=1)


def place_in_words(resource: Resource) -> str:
    """The name, and where it is."""
    return in_words([resource])[resource.pk]


def in_words(resources: Iterable[Resource]) -> dict[UUID, str]:
    """By id: the name, and where it is, such as “Room 204, Second floor, Main house”; one query at the most."""
    steps = {row.pk: [UUID(hex=part) for part in row.path.split("/")[-2::-1]] for row in resources}
    names = _names({step for way in steps.values() for step in way})
    return {
        key: ", ".join(names[step] for step in way if step in names) for key, way in steps.items()
    }


def renamed() -> None:
    """Forget the organisation's names once the change is committed."""
    key = _edition_key()
    transaction.on_commit(lambda: cache.delete(key))


def _names(keys: Collection[UUID]) -> dict[UUID, str]:
    # Inside a transaction a name may be one that is never committed.
    if connection.in_atomic_block or not getattr(cache, "is_shared", False):
        return _read(keys)
    # Asked before the database is: names read before a change are kept under what is no longer asked for after it.
    prefix = f"{_edition()}:"
    found = cache.get_many([f"{prefix}{key.hex}" for key in keys])
    known = {UUID(hex=name[len(prefix) :]): value for name, value in found.items()}
    if missing := set(keys) - known.keys():
        read = _read(missing)
        kept = {f"{prefix}{key.hex}": name for key, name in read.items()}
        cache.set_many(kept, timeout=int(KEPT.total_seconds()))
        known |= read
    return known


def _edition() -> str:
    """What the names of the organisation are filed under, until one of them changes."""
    return str(cache.get_or_set(_edition_key(), lambda: new_id().hex, timeout=None))


def _edition_key() -> str:
    return f"places:{current_organization_id()}"


def _read(keys: Collection[UUID]) -> dict[UUID, str]:
    return dict(Resource.objects.filter(pk__in=keys).values_list("pk", "name"))
