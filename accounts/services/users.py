"""People: who may be taken in, changed and let go, and by whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from accounts.rights import RIGHTS, ROLE_RANK, Right, Role
from accounts.services import passwords, tokens
from core.errors import Conflict, NotAllowed
from core.services import records

_OWN = frozenset({"name", "phone", "time_zone"})
_OF_EQUALS = frozenset({"email", "role", "is_active"})
_ADMINISTRATORS = [role.value for role, rights in RIGHTS.items() if Right.USER_MANAGE in rights]


def create_user(user: User, *, password: str | None = None, by: User | None, now: datetime) -> User:
    """Take a person in. Without a password they get an invitation by mail to choose one."""
    _check_rank(user.role, by)
    user.email = user.email.strip().lower()
    if password is None:
        user.set_unusable_password()
    else:
        passwords.check(password, user)
        user.set_password(password)
    with transaction.atomic():
        records.create(user, by=by, now=now)
        if password is None:
            passwords.send_invitation(user, now=now)
    return user


def change_user(user: User, changes: Mapping[str, Any], *, by: User | None, now: datetime) -> User:
    """Change another person's data, role or access.

    Nobody changes people above their own rank, raises anybody above it, or takes away their own access. Role, access
    and the address to which links for new passwords go are changed only for people of lower rank; an executive admin
    also ends and gives back the access of an equal. The last active administrator keeps role and access (Conflict).
    Sessions, tokens, links and keys end with the access for good.
    """
    changes = dict(changes)
    if "email" in changes:
        changes["email"] = changes["email"].strip().lower()
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=user.organization_id)
        former = User.objects.get(pk=user.pk)
        _check_rank(former.role, by)
        _check_rank(changes.get("role", former.role), by)
        _check_equal(former, changes, by)
        _check_self(former, changes, by)
        _check_last_administrator(former, changes)
        ends = former.is_active and not changes.get("is_active", True)
        if ends:
            changes["access_ended_at"] = now
        changed = records.update(user, changes, by=by, now=now)
        if ends:
            tokens.end_families_of(changed)
        return changed


def deactivate_user(user: User, *, by: User | None, now: datetime) -> User:
    """End a person's access at once; what they did stays under their name."""
    return change_user(user, {"is_active": False}, by=by, now=now)


def change_profile(user: User, changes: Mapping[str, Any], *, now: datetime) -> User:
    """What people may change about themselves: name, phone and time zone."""
    refused = set(changes) - _OWN
    if refused:
        raise NotAllowed(f"You cannot change this yourself: {', '.join(sorted(refused))}.")
    person: User = User.objects.select_related("organization").get(pk=user.pk)
    return records.update(person, changes, by=user, now=now)


def roles_within_reach(by: User) -> list[Role]:
    """The roles that a person may give, lowest first."""
    own = ROLE_RANK[Role(by.role)]
    return [role for role in reversed(Role) if ROLE_RANK[role] <= own]


def may_act_for(by: User, user: User) -> bool:
    """Whether `by` may come to act under the name of `user`: they are the same, or `user` is of lower rank."""
    return by.pk == user.pk or ROLE_RANK[Role(user.role)] < ROLE_RANK[Role(by.role)]


def unchangeable(user: User, by: User) -> frozenset[str]:
    """What of another person `by` must leave alone because they are equals."""
    if by.role == Role.SUPER_ADMIN or may_act_for(by, user):
        return frozenset()
    # an organisation has nobody above its executive admins who could end the access of one who left
    return _OF_EQUALS - {"is_active"} if by.role == Role.EXECUTIVE_ADMIN else _OF_EQUALS


def _check_rank(role: str, by: User | None) -> None:
    if by is None or role not in list(Role):
        return
    if ROLE_RANK[Role(role)] > ROLE_RANK[Role(by.role)]:
        raise NotAllowed("This needs a role as high as the one it is about.", code="above_own_rank")
    if by.acting_through and ROLE_RANK[Role(role)] == ROLE_RANK[Role(by.role)]:
        # whoever has a key would else give themselves a sign-in that outlives it
        raise NotAllowed(
            "A key reaches people of lower rank only. Sign in as a person.", code="key_rank"
        )


def _check_equal(former: User, changes: Mapping[str, Any], by: User | None) -> None:
    """Whoever chooses where somebody's mail goes, or lowers them until they may, can sign in as them."""
    kept = unchangeable(former, by) if by is not None else frozenset[str]()
    for name in sorted(kept & changes.keys()):
        if changes[name] != getattr(former, name):
            raise NotAllowed(
                "E-mail address, role and access of a colleague of your rank are somebody's above you to change.",
                code="equal_rank",
                field=name,
            )


def _check_self(former: User, changes: Mapping[str, Any], by: User | None) -> None:
    if by is None or by.pk != former.pk:
        return
    if changes.get("is_active") is False:
        raise Conflict("You cannot end your own access.", code="own_access", field="is_active")
    if changes.get("role", former.role) != former.role:
        raise Conflict("You cannot change your own role.", code="own_role", field="role")


def _check_last_administrator(former: User, changes: Mapping[str, Any]) -> None:
    stays = changes.get("is_active", former.is_active) and (
        changes.get("role", former.role) in _ADMINISTRATORS
    )
    if stays or not former.is_active or former.role not in _ADMINISTRATORS:
        return
    others = User.objects.active().filter(role__in=_ADMINISTRATORS).exclude(pk=former.pk)
    if not others.exists():
        raise Conflict("The last administrator must stay.", code="last_administrator")
