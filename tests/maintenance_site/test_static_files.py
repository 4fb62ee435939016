"""The files that pages load are gathered once, named by their content and small; no icon is missing."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

from maintenance_site import static_files
from maintenance_site.console import _ADMINISTRATION, _WORK

pytestmark = pytest.mark.thorough

THEME = Path(str(finders.find(static_files.ICON_FONT))).parents[4] / "templates"
#: Hidden folders hold packages, var what was made from the rest.
FOLDERS = [folder for folder in settings.BASE_DIR.glob("[!.]*/") if folder.name != "var"]
TEMPLATES = [file for folder in (*FOLDERS, THEME) for file in folder.rglob("*.html")]
#: The sign may be written by a variable, which the browser tests see.
_DRAWN = re.compile(r'class="[^"]*material-symbols-outlined[^"]*"[^>]*>\s*([a-z0-9_]+)\s*<')

_ASKED = re.compile(r"""{% static ["']([^"'{]+)["'] %}""")


@pytest.fixture
def gathering(settings: Any, tmp_path: Path) -> Path:
    """A folder into which files are gathered as `make run` does it."""
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.WHITENOISE_KEEP_ONLY_HASHED_FILES = True
    backend = {"BACKEND": "maintenance_site.static_files.StaticFiles"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    return tmp_path / "static"


def icons(font: bytes) -> set[str]:
    return set(static_files.icon_glyphs(TTFont(io.BytesIO(font))))


@pytest.fixture(scope="module")
def icon_font() -> bytes:
    return static_files.icon_font(static_files.words(static_files.sources()))


def test_every_icon_that_pages_draw_is_in_the_font(icon_font: bytes) -> None:
    drawn = {name for file in TEMPLATES for name in _DRAWN.findall(file.read_text())}
    navigation = {link[1] for link in (*_WORK, *_ADMINISTRATION)}
    known = icons(Path(str(finders.find(static_files.ICON_FONT))).read_bytes())
    assert len(drawn) > 50
    assert drawn | navigation <= known
    assert drawn | navigation <= icons(icon_font)


def test_the_icon_font_is_a_tenth_of_the_whole_and_always_the_same(icon_font: bytes) -> None:
    assert len(icon_font) < 40_000
    assert icon_font == static_files.icon_font(static_files.words(static_files.sources()))


def test_files_are_gathered_once_and_again_when_something_changed(
    gathering: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "page.html"
    source.write_text("space_dashboard")
    monkeypatch.setattr(static_files, "sources", lambda: [source])
    assert static_files.collect()
    assert not static_files.collect()
    before = gathered(gathering)
    assert icons((gathering / before[static_files.ICON_FONT]).read_bytes()) == {"space_dashboard"}
    theme = gathering / before["unfold/css/styles.css"]
    for compressed in (f"{theme}.br", f"{theme}.gz"):
        assert Path(compressed).stat().st_size < 45_000
    assert_named(set(before))
    for page in ("admin/index.html", "scheduling/calendar.html"):
        assert weight(gathering, before, page) < 340_000

    source.write_text("event_repeat")
    assert static_files.collect()
    after = gathered(gathering)
    assert icons((gathering / after[static_files.ICON_FONT]).read_bytes()) == {"event_repeat"}
    assert {name for name in before if before[name] != after[name]} == {
        static_files.ICON_FONT,
        "unfold/fonts/material-symbols/styles.css",
        "console/console.css",
    }


def test_what_was_gathered_by_half_is_gathered_anew(
    gathering: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []
    monkeypatch.setattr(static_files, "sources", lambda: [])
    monkeypatch.setattr(
        static_files, "call_command", lambda *_, **__: made.append(gathering.exists())
    )
    gathering.mkdir()
    assert static_files.collect()
    gathering.parent.joinpath("static.stamp").write_text("")
    assert static_files.collect()
    assert made == [True, False]


def weight(folder: Path, named: dict[str, str], page: str) -> int:
    """Bytes that a browser loads for the theme's frame and this page, text in Brotli; HTML and data come on top."""
    frame = settings.BASE_DIR / "templates/unfold/layouts/skeleton.html"
    asked = {
        name
        for file in (frame, settings.BASE_DIR / "templates" / page)
        for name in _ASKED.findall(file.read_text())
    }
    files = [folder / named[name] for name in (*asked, "console/console.css")]
    packed = [Path(f"{file}.br") for file in files]
    return sum(
        (small if small.exists() else file).stat().st_size
        for file, small in zip(files, packed, strict=True)
    )


def gathered(folder: Path) -> Any:
    return json.loads((folder / "staticfiles.json").read_text())["paths"]


def assert_named(files: set[str]) -> None:
    """A name that a template asks for and nobody gathered would be an error page."""
    asked = {name for file in TEMPLATES for name in _ASKED.findall(file.read_text())}
    assert len(asked) > 30
    assert asked - files == set()
