"""The console's frame in a browser."""

import pytest

from accounts.rights import Role
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_frame_is_accessible_and_names_product_organisation_and_page(
    page_for: PageFor, dark: bool
) -> None:
    page = page_for(Role.ADMIN, dark=dark)
    page.goto("/admin/")

    assert page.title().strip() == "Dashboard · Mainstay"
    navigation = page.locator("#nav-sidebar")
    assert "Hotel Adlerhof" in navigation.inner_text()
    assert navigation.get_by_role("link", name="Dashboard").get_attribute("aria-current") == "page"
    assert_accessible(page)
    assert_no_console_errors(page)


def test_the_keyboard_reaches_the_content_first(page_for: PageFor) -> None:
    page = page_for(Role.TECHNICIAN)
    page.goto("/admin/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.url.endswith("#content")


def test_on_the_phone_the_navigation_opens_and_closes(page_for: PageFor) -> None:
    page = page_for(Role.TECHNICIAN, viewport=PHONE)
    page.goto("/admin/")
    link = page.locator("#nav-sidebar").get_by_role("link", name="Dashboard")
    assert not link.is_visible()

    page.get_by_role("button", name="Open navigation").click()
    assert link.is_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Close navigation").click()

    assert not link.is_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


def test_the_appearance_is_kept(page_for: PageFor) -> None:
    page = page_for(Role.REQUESTER)
    page.goto("/admin/")
    page.locator(".user-menu-button").click()
    page.get_by_role("button", name="Dark").click()

    page.reload()

    assert "dark" in (page.locator("html").get_attribute("class") or "")


def test_an_address_that_leads_nowhere_says_what_to_do(page_for: PageFor) -> None:
    page = page_for(Role.ADMIN)

    answer = page.goto("/nothing/here")

    assert answer is not None
    assert answer.status == 404
    assert page.get_by_role("link", name="Go to the dashboard").is_visible()
    assert_accessible(page)
