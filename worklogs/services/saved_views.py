"""Naming lists of work orders, and forgetting them again."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from accounts.rights import Right, has_right, require
from core.errors import Invalid, NotAllowed
from core.services import records
from worklogs.models import SavedView

if TYPE_CHECKING:
    from accounts.models import User

#: So that the row of names stays one that people read.
MOST = 30


def keep(name: str, query: str, *, is_shared: bool, by: "User", now: datetime) -> SavedView:
    """Remember the list under a name; the same name again replaces it. Only planners share theirs."""
    if is_shared:
        require(by, Right.WORK_ORDER_CHANGE)
    name = name.strip()
    known: SavedView | None = SavedView.objects.filter(owner=by, name=name).first()
    if known is not None:
        changes = {"query": query, "is_shared": is_shared}
        return records.update(known, changes, by=by, now=now)
    if SavedView.objects.filter(owner=by).count() >= MOST:
        raise Invalid(f"You have {MOST} views already: remove one first.", field="name")
    view = SavedView(owner=by, name=name, query=query, is_shared=is_shared)
    return records.create(view, by=by, now=now)


def change(view: SavedView, changes: Mapping[str, Any], *, by: "User", now: datetime) -> SavedView:
    """Rename a view of one's own, give it another list, or share it."""
    if view.owner_id != by.pk:
        raise NotAllowed("This view belongs to somebody else.")
    if changes.get("is_shared"):
        require(by, Right.WORK_ORDER_CHANGE)
    return records.update(view, changes, by=by, now=now)


def cleaned(query: str) -> str:
    """The filters of an address, as a view keeps them: it begins on its first page."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name != "p"])


def forget(view: SavedView, *, by: "User", now: datetime) -> None:
    """Remove a view: one's own, or as an administrator what others share."""
    if view.owner_id != by.pk and not has_right(by, Right.ORGANIZATION_MANAGE):
        raise NotAllowed("This view belongs to somebody else.")
    records.delete(view, by=by, now=now)
