"""Who may plan a window at once, whose waits for approval, and which moves are refused."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from accounts.rights import Right, has_right
from core.errors import Invalid, NotAllowed
from scheduling import states
from scheduling.models import Window

if TYPE_CHECKING:
    from accounts.models import User


def needs_approval(window: Window, by: "User | None") -> bool:
    """Whether somebody else has to approve what `by` plans. Emergencies never wait."""
    return (
        window.kind == Window.Kind.PLANNED
        and by is not None
        and not has_right(by, Right.WINDOW_APPROVE)
        and by.organization.windows_need_approval
    )


def check_start(window: Window, now: datetime) -> None:
    """Refuse a start that has passed."""
    if window.starts_at < now:
        raise Invalid(
            "The start lies in the past. Choose a later one, or mark the window as back-dated.",
            field="starts_at",
        )


def check_move(
    stored: Window,
    window: Window,
    moved: Collection[str],
    *,
    by: "User | None",
    now: datetime,
    is_back_dated: bool,
) -> None:
    """Refuse times that have passed, and moving what somebody else has approved."""
    if "starts_at" in moved and not is_back_dated:
        check_start(window, now)
    if stored.status == states.IN_PROGRESS and "ends_at" in moved and window.ends_at <= now:
        raise Invalid("This end has passed. Complete the window instead.", field="ends_at")
    if moved and stored.status == states.SCHEDULED and needs_approval(window, by):
        raise NotAllowed("This window is approved. Ask somebody who approves windows to move it.")
