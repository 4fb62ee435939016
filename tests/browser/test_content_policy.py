"""The rules for what pages may load hold, and nothing that pages need breaks them."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PageFor, assert_no_console_errors


def test_the_api_explains_itself_within_the_rules(page_for: PageFor) -> None:
    page = page_for()
    page.goto("/api/docs")
    expect(page.locator(".opblock-tag").first).to_be_visible()
    assert_no_console_errors(page)

    page.goto("/api/v1/schedules")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert _refused(page) == []


def test_what_somebody_slips_into_a_page_does_not_run(page_for: PageFor) -> None:
    page = page_for()
    page.goto("/admin/")
    _slip_in(page, "script", "text", "window.slippedIn = true")
    _slip_in(page, "script", "src", "https://elsewhere.example/script.js")
    _slip_in(page, "img", "src", "https://elsewhere.example/picture.png")

    assert page.evaluate("window.slippedIn") is None
    assert len(_refused(page)) == 3


def _refused(page: Page) -> list[str]:
    reported: list[str] = page.reported  # type: ignore[attr-defined]
    return [text for text in reported if "Content Security Policy" in text]


def _slip_in(page: Page, tag: str, attribute: str, value: str) -> None:
    page.evaluate(
        """async ([tag, attribute, value]) => {
            const element = document.createElement(tag);
            const refused = new Promise((done) =>
                document.addEventListener("securitypolicyviolation", done, { once: true }));
            element[attribute] = value;
            document.body.append(element);
            await refused;
        }""",
        [tag, attribute, value],
    )
