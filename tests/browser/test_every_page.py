"""Every console page as people meet it: it answers, fits, names itself, and a screen reader finds its way."""

import io
import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fontTools.ttLib import TTFont
from playwright.sync_api import Page

from accounts.models import ApiKey, Certificate, Organization, Shift, Skill, Team, User
from accounts.rights import Role
from core.models import AuditEntry
from core.tenancy import tenant_scope
from integrations.models import BookingFeed, CalendarFeed, InboundEvent, Webhook
from maintenance_site import static_files
from notifications.models import Delivery
from scheduling.models import (
    Booking,
    DueCheckRun,
    Inquiry,
    Resource,
    ResourceType,
    Schedule,
    Window,
)
from tests import factories
from tests.browser.conftest import (
    DESK,
    PHONE,
    PageFor,
    assert_accessible,
    assert_no_console_errors,
    look_like,
)
from tests.world import populate
from worklogs.models import Checklist, Log, WorkNeed, WorkOrder, WorkOrderFollower

#: Pages that the navigation does not show by itself, open to everybody who signs in.
_OWN = ("profile/", "password_change/", "messages/preferences/", "password-reset/")
_NEW = (
    "scheduling/schedule/add/",
    "scheduling/resource/add/",
    "scheduling/window/add/",
    "scheduling/booking/add/",
    "scheduling/resourcetype/add/",
    "integrations/bookingfeed/add/",
    "integrations/calendarfeed/add/",
    "integrations/webhook/add/",
    "accounts/user/add/",
    "accounts/apikey/add/",
    "accounts/shift/add/",
    "accounts/shiftexception/add/",
    "logs/complete/",
    "checklists/new/",
    "worklogs/workorder/add/",
    "worklogs/laborrate/add/",
    "worklogs/vendor/add/",
    "worklogs/cleaningplan/add/",
    "reports/work/?first=2020-01-01&last=2020-01-31",
    "worklogs/workorder/?standing=all",
    "scheduling/schedule/?q=nothing+is+called+so",
)
#: Size and darkness that each page is looked at in.
_LOOKS = ((DESK, False), (PHONE, True))


@cache
def _icons() -> set[str]:
    """What the icon font holds when the site is run."""
    font = static_files.icon_font(static_files.words(static_files.sources()))
    return set(static_files.icon_glyphs(TTFont(io.BytesIO(font))))


_RESOURCE_TABS = ("schedules", "dates", "use", "below", "orders", "log", "files", "history")
_WINDOW_TABS = ("affected", "taken", "history")
_ORDER_TABS = ("comments", "files", "time", "links", "history")
_SCHEDULE_TABS = ("dates", "resources", "log", "history")


@pytest.fixture
def chief(organization: Organization) -> User:
    """Administrator of an organisation in which every kind of row exists."""
    return populate(organization)


@pytest.mark.parametrize("part", ["navigation and forms", "rows"])
def test_an_administrator_meets_no_bad_page(
    page_for: PageFor, chief: User, settings: Any, tmp_path: Path, part: str
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    page = page_for(user=chief)

    if part == "rows":
        _look_at_all(page, _details(chief))
    else:
        _look_at_all(page, [*_navigation(page), *_below(_OWN), *_below(_NEW)])


def test_a_technician_meets_no_bad_page(page_for: PageFor, chief: User) -> None:
    technician = factories.user(chief.organization)
    with tenant_scope(chief.organization_id):
        resource = factories.resource(owner=technician, name="Own machine")
        schedule = factories.schedule(resource=resource, assigned_to=technician)
    page = page_for(user=technician)
    own = [
        f"/admin/scheduling/schedule/{schedule.pk}/",
        f"/admin/scheduling/resource/{resource.pk}/",
        f"/admin/logs/complete/?schedule={schedule.pk}",
    ]

    _look_at_all(page, [*_navigation(page), *_below(_OWN), *own])


def test_pages_that_lead_nowhere_or_are_not_allowed_say_so(page_for: PageFor, chief: User) -> None:
    page = page_for(Role.TECHNICIAN)
    stranger = factories.user(factories.organization(), role=Role.ADMIN)
    with tenant_scope(stranger.organization_id):
        foreign = factories.schedule()

    _look_at(page, "/admin/settings/", status=403)
    _look_at(page, "/admin/accounts/user/", status=403)
    _look_at(page, f"/admin/scheduling/schedule/{uuid4()}/", status=404)
    _look_at(page, f"/admin/scheduling/schedule/{foreign.pk}/", status=404)
    page.context.clear_cookies()
    _look_at(page, "/admin/login/")


def test_an_empty_organisation_shows_no_bad_page(page_for: PageFor) -> None:
    page = page_for(Role.ADMIN, viewport=PHONE, dark=True)

    _look_at_all(page, _navigation(page))


def _navigation(page: Page) -> list[str]:
    """What the side bar offers this person."""
    page.goto("/admin/")
    found: list[str] = page.locator("#nav-sidebar-apps a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert len(found) >= 5
    return found


def _below(paths: tuple[str, ...]) -> list[str]:
    return [f"/admin/{path}" for path in paths]


def _details(chief: User) -> list[str]:
    """One page of each kind of row, and its form."""
    with tenant_scope(chief.organization_id):
        models: tuple[Any, ...] = (
            *(Schedule, Resource, ResourceType, DueCheckRun, Delivery, Log, Booking, Window),
            *(BookingFeed, CalendarFeed, Checklist, WorkOrder, Webhook),
            *(Certificate, Shift, Skill, Team, WorkNeed),
            InboundEvent,
        )
        first = {
            model.__name__: model.objects.first().pk for model in models if model.objects.exists()
        }
        talked = WorkOrder.objects.exclude(comments=None).earliest("pk").pk
        entry = AuditEntry.objects.order_by("-at").first()
        key = ApiKey.objects.first()
        asked = Inquiry.objects.first()
        checked = WorkOrder.objects.filter(checklist__isnull=False, failed_steps=1).first()
        followed = WorkOrderFollower.objects.filter(user=chief).first()
    assert entry
    assert key
    assert asked
    assert checked
    assert followed
    schedule, resource = first["Schedule"], first["Resource"]
    found = [
        f"scheduling/schedule/{schedule}/",
        *(f"scheduling/schedule/{schedule}/?tab={tab}" for tab in _SCHEDULE_TABS),
        f"scheduling/schedule/{schedule}/change/",
        f"scheduling/resource/{resource}/",
        *(f"scheduling/resource/{resource}/?tab={tab}" for tab in _RESOURCE_TABS),
        f"scheduling/resource/{resource}/change/",
        f"scheduling/resource/{resource}/label/",
        f"scheduling/resourcetype/{first['ResourceType']}/change/",
        f"scheduling/duecheckrun/{first['DueCheckRun']}/change/",
        f"scheduling/window/{first['Window']}/",
        *(f"scheduling/window/{first['Window']}/?tab={tab}" for tab in _WINDOW_TABS),
        f"scheduling/window/{first['Window']}/change/",
        f"scheduling/window/{asked.window_id}/?tab=affected",
        f"scheduling/window/{asked.window_id}/answers/{asked.pk}/",
        f"scheduling/window/add/?resource={resource}&schedule={schedule}",
        f"worklogs/workorder/{talked}/",
        *(f"worklogs/workorder/{talked}/?tab={tab}" for tab in _ORDER_TABS),
        f"worklogs/workorder/{talked}/change/",
        f"worklogs/workorder/{talked}/triage/",
        f"worklogs/workorder/bulk/assign/?id={talked}",
        f"worklogs/workorder/{first['WorkOrder']}/complete/",
        f"scheduling/booking/{first['Booking']}/change/",
        f"integrations/bookingfeed/{first['BookingFeed']}/change/",
        f"integrations/calendarfeed/{first['CalendarFeed']}/change/",
        f"integrations/webhook/{first['Webhook']}/",
        f"integrations/webhook/{first['Webhook']}/change/",
        "availability/?minutes=60&start=2026-01-05&end=2026-01-09",
        f"accounts/user/{chief.pk}/change/",
        f"accounts/apikey/{key.pk}/change/",
        f"core/auditentry/{entry.pk}/change/",
        f"logs/complete/?schedule={schedule}",
        f"checklists/{first['Checklist']}/",
        f"my-work/{checked.pk}/",
        f"worklogs/log/{first['Log']}/change/",
        f"report/?resource={resource}",
        f"report/{followed.pk}/",
    ]
    found += [
        f"worklogs/workorder/{talked}/who/",
        f"accounts/certificate/{first['Certificate']}/change/",
        f"accounts/shift/{first['Shift']}/change/",
        f"accounts/skill/{first['Skill']}/change/",
        f"accounts/team/{first['Team']}/change/",
        f"worklogs/workneed/{first['WorkNeed']}/change/",
        f"events/incoming/{first['InboundEvent']}/",
    ]
    if "Delivery" in first:
        found.append(f"notifications/delivery/{first['Delivery']}/change/")
    return [f"/admin/{path}" for path in found]


def _look_at_all(page: Page, addresses: list[str]) -> None:
    """Every fault of every page at once, so that one run tells all."""
    faults = []
    for address in dict.fromkeys(addresses):
        try:
            _look_at(page, address)
        except AssertionError as fault:
            faults.append(f"{address}: {fault}")
    assert faults == [], "\n\n".join(faults)


def _look_at(page: Page, address: str, *, status: int = 200) -> None:
    page.reported.clear()  # type: ignore[attr-defined]
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status
    assert re.search(r"\S · Mainstay$", page.title().strip()), page.title()
    headings = page.locator("h1").count()
    assert headings == 1, f"{headings} main headings"
    assert page.locator("h1").inner_text().strip()
    landmarks = page.locator("main, [role=main]").count()
    assert landmarks == 1, f"{landmarks} main landmarks"
    signs = set(page.locator(".material-symbols-outlined").all_text_contents())
    assert {sign.strip() for sign in signs} - {""} <= _icons(), "icons that the cut font lacks"
    _look_both_ways(page)
    if status == 200:
        assert_no_console_errors(page)


def _look_both_ways(page: Page) -> None:
    """As it was loaded first, then changed to the other look, in which the next page is loaded."""
    was_small = page.viewport_size == PHONE
    for viewport, dark in _LOOKS[::-1] if was_small else _LOOKS:
        look_like(page, viewport, dark)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{width} wide of {viewport['width']}"
        assert_accessible(page)
