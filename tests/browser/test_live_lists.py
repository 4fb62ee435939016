"""Charts, lists and the timeline follow what happens elsewhere, and wait for who works on them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from core.tenancy import tenant_scope
from scheduling.models import Resource, Schedule, Window
from scheduling.services import resources, windows
from tests import factories
from tests.api import Client as Api
from tests.browser.conftest import (
    WHILE_MILLISECONDS,
    Change,
    PageFor,
    assert_never_reloaded,
    assert_no_console_errors,
    followed,
    report,
)
from tests.live import Served


def add(name: str, *, by: User, now: Any) -> None:
    """A resource."""
    resources.create_resource(Resource(name=name, code=name), by=by, now=now)


def plan(resource: Resource, title: str, *, by: User, now: Any) -> None:
    """A window of the hours to come."""
    hours = {"starts_at": now + timedelta(minutes=1), "ends_at": now + timedelta(hours=2)}
    windows.create_window(Window(resource=resource, title=title, **hours), by=by, now=now)


def complete(schedule: Schedule, person: User, **_: Any) -> None:
    """Log the work by API."""
    answer = Api(person).post("logs", {"schedule": str(schedule.pk)})
    assert answer.status_code == 201, answer.content


def drawn(page: Page, chart: str) -> Any:
    """The sum of all that a chart shows."""
    return page.evaluate(
        """name => Chart.getChart(document.querySelector(`[data-chart=${name}]`)).data.datasets
            .flatMap((one) => one.data).reduce((sum, figure) => sum + figure, 0)""",
        chart,
    )


def test_a_chart_follows_on_the_canvas_that_it_has(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    with tenant_scope(room.organization_id):
        start = timezone.now() - timedelta(minutes=2)
        first, second = (factories.schedule(title=name, start_at=start) for name in ("A", "B"))
    page = followed(page_for(user=boss), site, "/admin/")
    history = page.get_by_role("region", name="Completed on time, last 12 months")
    expect(history).to_contain_text("As soon as dates have come due")

    elsewhere(complete, first, boss)
    canvas = history.locator("canvas")
    expect(canvas).to_be_visible()
    assert drawn(page, "history") == 1

    box = canvas.bounding_box()
    assert box
    canvas.hover(position={"x": box["width"] - 20, "y": 80})
    canvas.evaluate("canvas => { canvas.isKnown = true; }")
    history.get_by_text("Show as table").evaluate("summary => summary.focus()")
    page.keyboard.press("Enter")
    elsewhere(complete, second, boss)

    expect(history.locator("tbody tr").last.locator("td").first).to_have_text("2")
    assert drawn(page, "history") == 2
    assert canvas.evaluate("canvas => canvas.isKnown")
    shown = "canvas => Math.max(...Chart.getChart(canvas).tooltip.dataPoints.map(({ raw }) => raw))"
    assert canvas.evaluate(shown) == 2
    expect(history.locator("summary")).to_be_focused()
    assert_never_reloaded(page)
    assert_no_console_errors(page)


def test_the_work_report_follows(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    page = followed(page_for(user=boss), site, "/admin/reports/work/")
    expect(page.get_by_text("No work in this period")).to_be_visible()
    for number in (1, 2):
        elsewhere(report, room, f"Fault {number}")
        expect(page.locator(".report-figures .figure").first).to_contain_text(str(number))
        assert drawn(page, "work") == number
    assert_never_reloaded(page)
    assert_no_console_errors(page)


def test_a_list_follows_but_not_while_a_row_is_ticked_or_somebody_types(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    elsewhere(report, room, "Tap drips")
    page = followed(page_for(user=boss), site, "/admin/worklogs/workorder/")
    rows = page.locator("#result_list tbody tr")
    elsewhere(report, room, "Lamp is dark")
    expect(rows).to_have_count(2)
    expect(page.locator("#list-pages")).to_contain_text("2 work orders")

    tick = rows.filter(has_text="Lamp is dark").get_by_role("checkbox")
    tick.check()
    expect(page.locator(".action-counter")).to_have_text("1 of 2 selected")
    elsewhere(report, room, "Door sticks")
    page.wait_for_timeout(WHILE_MILLISECONDS)
    expect(rows).to_have_count(2)
    expect(tick).to_be_checked()
    tick.uncheck()
    expect(rows).to_have_count(3)

    page.locator("#searchbar").fill("dri")
    elsewhere(report, room, "Tap is hot")
    page.wait_for_timeout(WHILE_MILLISECONDS)
    expect(rows).to_have_count(3)
    page.locator("#searchbar").blur()
    expect(rows).to_have_count(4)
    expect(page.locator("#searchbar")).to_have_value("dri")
    page.locator("#action-toggle").check()
    expect(page.locator(".action-counter")).to_have_text("4 of 4 selected")
    assert_never_reloaded(page)
    assert_no_console_errors(page)


def test_what_is_read_in_a_list_stays_where_it_is(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    with tenant_scope(room.organization_id):
        for number in range(30):
            factories.resource(name=f"Room {number + 300}")
    page = followed(page_for(user=boss), site, "/admin/scheduling/resource/")
    link = page.get_by_role("link", name="Room 320")
    link.scroll_into_view_if_needed()
    link.focus()
    place = link.bounding_box()
    elsewhere(add, "Annex")
    expect(page.get_by_role("link", name="Annex")).to_have_count(1)
    moved = link.bounding_box()
    assert moved
    assert place
    assert abs(moved["y"] - place["y"]) < 1
    expect(link).to_be_focused()
    assert_no_console_errors(page)


def test_the_timeline_asks_anew(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    page = followed(page_for(user=boss), site, "/admin/timeline/?scale=week")
    expect(page.get_by_role("link", name="Room 204")).to_be_visible()
    elsewhere(plan, room, "Paint")
    expect(page.get_by_role("button", name="Window Paint")).to_be_visible()
    assert_never_reloaded(page)
    assert_no_console_errors(page)
