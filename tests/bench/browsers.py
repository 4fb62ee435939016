"""Two pages in a real Chromium for the bench, in a process of their own.

    python -m tests.bench.browsers PORT

Reads the session and the pages from its input, says when they follow, and on the next line of input tells which change
each page showed when. A page shows the number of the newest change in the words that it watches.
"""

import json
import sys
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import CHROMIUM

#: Notes with the next frame, when the browser draws what was put in.
WATCH = r"""selector => {
    window.seen = [];
    let newest = 0;
    const look = () => {
        const words = document.querySelector(selector)?.textContent ?? "";
        const number = Number(/Change (\d+)/.exec(words)?.[1] ?? 0);
        if (number <= newest) return;
        newest = number;
        requestAnimationFrame(() => seen.push([number, Date.now() / 1000]));
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
_PATIENCE_MILLISECONDS = 120_000


def main(port: str) -> None:
    given = json.loads(sys.stdin.readline())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        address = f"http://127.0.0.1:{port}"
        pages = {
            name: _follow(browser, address, given["session"], *page)
            for name, page in given["pages"].items()
        }
        _say({"follow": list(pages)})
        sys.stdin.readline()
        _say({name: page.evaluate("seen") for name, page in pages.items()})
        browser.close()


def _follow(browser: Browser, address: str, session: str, path: str, selector: str) -> Page:
    """A page that is connected; each one alone, as in browsers of two people."""
    profile = browser.new_context(base_url=address)
    profile.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = profile.new_page()
    page.goto(path, timeout=_PATIENCE_MILLISECONDS)
    follows = page.locator("#live[data-follows=yes]")
    expect(follows).to_have_count(1, timeout=_PATIENCE_MILLISECONDS)
    page.evaluate(WATCH, selector)
    return page


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
