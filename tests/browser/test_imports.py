"""Importing a file in a browser, at the desk and on a phone."""

from pathlib import Path

import pytest

from accounts.rights import Role
from tests.browser.conftest import DESK, PHONE, PageFor, assert_accessible, assert_no_console_errors


@pytest.mark.parametrize(
    ("viewport", "dark"), [(DESK, False), (PHONE, True)], ids=["desk", "phone"]
)
def test_a_file_is_looked_at_tried_and_partly_taken_over(
    page_for: PageFor, tmp_path: Path, viewport: dict[str, int], dark: bool
) -> None:
    file = tmp_path / "machines.csv"
    file.write_bytes("Tag;Asset name;Location\nA;Küchenlüfter;\nB;Pumpe;NOWHERE\n".encode("cp1252"))
    page = page_for(Role.ADMIN, viewport=viewport, dark=dark)
    page.goto("/admin/import/")
    assert page.get_by_role("heading", name="Nothing imported yet").is_visible()
    assert_accessible(page)

    page.set_input_files("input[type=file]", str(file))
    assert page.locator("[data-chosen]").inner_text() == "machines.csv"
    page.get_by_role("button", name="Look at the file").click()
    assert page.get_by_label("Meaning of Tag").input_value() == "code"
    assert page.get_by_text("it was read as cp1252").is_visible()
    assert_accessible(page)

    page.get_by_role("button", name="Try it, write nothing").click()
    assert page.get_by_text("There is no resource “NOWHERE”.").is_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Keep the good rows").click()
    assert page.get_by_text("Partly taken over").is_visible()

    page.goto("/admin/import/")
    assert page.get_by_role("link", name="machines.csv", exact=True).is_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]
    assert_accessible(page)
    assert_no_console_errors(page)
