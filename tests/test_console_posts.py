"""Every POST to the console by every role: who lacks the right changes nothing, and others' rows do not exist.

Pages and actions are taken from the console itself, so that new ones are covered without a word here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from accounts.models import Organization
from accounts.rights import RIGHTS, Right, Role
from core.admin.base import ModelAdmin, ReadOnlyModelAdmin
from integrations.models import DeadLetter, ImportRun, InboundEvent, Webhook
from notifications.models import Notification
from scheduling.models import Booking, Inquiry, Resource, Schedule, Window
from tests import factories, world
from tests.console import signed_in
from worklogs.models import (
    Checklist,
    Log,
    SavedView,
    SlaEscalation,
    SlaViolation,
    WorkOrder,
    WorkOrderFollower,
)

pytestmark = pytest.mark.thorough

#: Pages that look after themselves: signing in and out, the own password, what a signed link names, searching.
OPEN = {
    *("admin_password_reset", "password_reset_sent", "password_reset_confirm", "password_change"),
    *("password_change_done", "notifications_unsubscribe", "search", "index", "login", "logout"),
    *("autocomplete", "jsi18n", "view_on_site", "app_list", "notifications_worker"),
}
#: Pages that everybody who sees them may write on, because it concerns themselves only.
OWN = {
    *("profile", "notifications_read_all", "notifications_follow", "notifications_preferences"),
    *("notifications_acknowledge", "notifications_snooze", "notifications_reach"),
    *("notifications_subscribe", "notifications_unsubscribe_browser", "notifications_try"),
    *("work_order_view_keep", "work_order_view_forget"),
    "work_order_comment",  # whoever sees an order may say something
}
#: Further rights that writing on a page needs.
MORE = {
    "settings": Right.ORGANIZATION_MANAGE,
    "resource_photo": Right.RESOURCE_CHANGE,
    "schedule_preview": Right.SCHEDULE_CHANGE,
    "window_check": Right.WINDOW_CHANGE,
    "checklist_detail": Right.CHECKLIST_MANAGE,
}
#: Nothing is posted to a page that only shows something, whoever asks.
NO_POST = 405
REFUSED = {403, 404, NO_POST}
#: Led to another page instead of refused: a window that people know of is cancelled, not deleted.
LED_AWAY = {"scheduling_window_delete"}
#: What an action of a list may need beside what its pages need.
SPECIAL = {"put_away": Right.SCHEDULE_DELETE, "retry": Right.DELIVERY_VIEW}
MODELS = {
    **{"schedule": Schedule, "resource": Resource, "window": Window, "worklogs": Log},
    **{"plan_window": Window, "plan_booking": Booking, "import": ImportRun},
    **{"notifications": Notification, "work_order": WorkOrder, "work_order_view": SavedView},
    **{"report": WorkOrderFollower, "triage": WorkOrder, "housekeeping": WorkOrder},
    **{"sla_violation": SlaViolation, "sla_escalation": SlaEscalation},
    **{"webhook": Webhook, "my_work": WorkOrder, "checklist": Checklist},
    **{"incoming_event": InboundEvent, "dead_letter": DeadLetter},
}
PAGES = [
    url
    for url in admin.site.get_urls()
    if isinstance(url, URLPattern) and url.name and url.name not in OPEN
]
LISTS = [(model, page) for model, page in admin.site._registry.items()]


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent where. `right` None means: nobody may, whatever their role."""

    name: str
    address: str
    data: dict[str, Any]
    right: Right | None
    is_list: bool = False

    def holders(self) -> list[Role]:
        """The roles that may, the least last."""
        needed = {self.right, MORE.get(self.name, self.right)}
        return [role for role in Role if needed <= RIGHTS[role]]


def model_of(name: str) -> type[Model]:
    found = [part for part in MODELS if name.startswith(part)]
    return MODELS[max(found, key=len)]


class Rows:
    """Ids of an organisation's rows."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.known: dict[type[Model], str] = {}

    def __getitem__(self, model: type[Model]) -> str:
        if model not in self.known:
            found = world.ids_of(model, self.organization)
            self.known[model] = str(found[0]) if found else str(uuid4())
        return self.known[model]

    def arguments(self, url: URLPattern) -> dict[str, str]:
        name = str(url.name)
        what = {"triage_decide": "reject", "housekeeping_step": "start"}.get(name, "pause")
        own = {"inquiry": self[Inquiry], "booking": self[Booking], "what": what}
        own |= {"object_type": "schedule", "key": "none", "status": "reported"}
        own |= {"channel": "email"}
        row = {"pk", "log_id"}
        return {
            name: self[model_of(str(url.name))] if name in row else own[name]
            for name in url.pattern.converters
        }

    def body(self) -> dict[str, Any]:
        """Something that many pages understand."""
        names = {"schedule": Schedule, "resource": Resource, "window": Window, "booking": Booking}
        return {name: self[model] for name, model in names.items()} | {
            **{"id": self[Schedule], "reason": "Because", "name": "New", "title": "New"},
            **{"calendar": self[Schedule], "choice": "kept", "organization": str(uuid4())},
        }


def pages(rows: Rows) -> Iterator[Post]:
    for url in PAGES:
        address = reverse(f"admin:{url.name}", kwargs=rows.arguments(url))
        yield Post(str(url.name), address, rows.body(), getattr(url.callback, "right", None))


def lists(rows: Rows) -> Iterator[Post]:
    """Adding, changing, deleting, and each action on a selected row."""
    for model, page in LISTS:
        assert isinstance(page, ModelAdmin)
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        rights: dict[str, Any] = {
            "add": page.add_right, "change": page.change_right, "delete": page.delete_right,
        }  # fmt: skip
        if isinstance(page, ReadOnlyModelAdmin):
            rights = dict.fromkeys(rights)
        for what, right in rights.items():
            arguments = [] if what == "add" else [rows[model]]
            address = reverse(f"admin:{name}_{what}", args=arguments)
            yield Post(f"{name}_{what}", address, {**rows.body(), "post": "yes"}, right)
        rights |= {"view": page.view_right, **SPECIAL}
        address = reverse(f"admin:{name}_changelist")
        for action in {*page.actions, "delete_selected"}:
            own = getattr(page, str(action), None)
            named = own.allowed_permissions if own else ["delete"]
            data = {"action": action, "_selected_action": [rows[model]], "post": "yes"}
            right = rights[named[0]]
            yield Post(f"{name}: {action}", address, data, right, is_list=True)


@contextmanager
def undone() -> Iterator[CaptureQueriesContext]:
    """What is written meanwhile is counted and taken back."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        yield queries
        transaction.set_rollback(True)


def written(queries: CaptureQueriesContext) -> list[str]:
    """Statements that change rows, apart from the session and the trail, which also knows of refusals."""
    words, apart = ("INSERT", "UPDATE", "DELETE"), ("django_session", "core_auditentry")
    return [
        query["sql"][:150]
        for query in queries
        if query["sql"].startswith(words) and not any(name in query["sql"] for name in apart)
    ]


@pytest.fixture(scope="module")
def populated(shared_rows: None) -> Organization:
    organization = factories.organization()
    world.populate(organization)
    return organization


@pytest.fixture
def here(db: None, populated: Organization) -> Rows:
    return Rows(populated)


def send(browser: Client, post: Post) -> tuple[int, list[str], str]:
    with undone() as queries:
        answer = browser.post(post.address, post.data)
        text = "" if answer.streaming else answer.content.decode(errors="replace")
    return answer.status_code, written(queries), text


def test_every_page_names_its_right() -> None:
    assert [url.name for url in PAGES if not hasattr(url.callback, "right")] == []


@pytest.mark.parametrize("role", list(Role))
def test_who_lacks_the_right_changes_nothing(role: Role, here: Rows) -> None:
    browser = signed_in(factories.user(here.organization, role=role))
    wrong: list[tuple[str, int, list[str]]] = []
    browser.raise_request_exception = False
    for post in [*pages(here), *lists(here)]:
        holders = post.holders()
        holds = role in holders
        if holds and role != holders[-1]:
            continue  # the least of those who may is enough to try
        status, writes, _ = send(browser, post)
        tells = not post.is_list and post.name not in LED_AWAY
        if not holds and (writes or (tells and status not in REFUSED)):
            wrong.append((post.name, status, writes))
        only_shows = str(post.right).endswith("_view") and post.name not in {*OWN, *MORE}
        if holds and writes and only_shows and not post.is_list:
            wrong.append((post.name, status, writes))
        if holds and (status == 403 or status >= 500):
            wrong.append((post.name, status, ["holds the right"]))
    assert wrong == []


def test_rows_of_others_do_not_exist(here: Rows, stranger: Organization) -> None:
    world.populate(stranger)
    theirs = Rows(stranger)
    browser = signed_in(factories.user(here.organization, role=Role.SUPER_ADMIN))
    wrong: list[tuple[str, object]] = []
    for post in [*pages(theirs), *lists(theirs)]:
        status, _, text = send(browser, post)
        names_row = any(key in post.address for key in theirs.known.values())
        expected = {404, NO_POST} if post.right else {403, 404}
        if names_row and status not in expected:
            wrong.append((post.name, status))
        if stranger.slug in text:
            wrong.append((post.name, "tells of them"))
    assert wrong == []
