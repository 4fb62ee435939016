"""The files that pages load: gathered, named by their content, compressed, the icon font cut down to what is used."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from maintenance_site import bootstrap

ICON_FONT = "unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"
#: Comes with the documentation page, which does not load it.
LEFT_OUT = ["redoc*"]
_SOURCES = {".py", ".html", ".js"}


class OnceCompressor(Compressor):
    """A name with a hash stands for one content for ever, so it is compressed once."""

    SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

    def compress(self, path: str) -> list[str]:
        """The compressed files written beside it."""
        return [] if Path(f"{path}.gz").exists() else super().compress(path)

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """The best level takes two and a half times as long for two per cent less."""
        return bytes(brotli.compress(data, quality=10))


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Names change with the content, so browsers keep a file for ever; each lies there in gzip and Brotli too."""

    #: Scripts find each other by these names as well.
    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        """The one that works once per file."""
        return OnceCompressor(**options)

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """Cut the icon font before it is named by its content."""
        if ICON_FONT in paths:
            cut = icon_font(words(sources()))
            self.delete(ICON_FONT)
            self._save(ICON_FONT, ContentFile(cut))
            paths = {**paths, ICON_FONT: (self, ICON_FONT)}
        yield from super().post_process(paths, **options)


def collect() -> bool:
    """Gather the files into STATIC_ROOT unless nothing they are made from has changed; whether there was work."""
    own = sorted((settings.BASE_DIR / "static").rglob("*.*"))
    packages = [bootstrap.CONSTRAINTS, bootstrap.RUNTIME_REQUIREMENTS, Path(__file__)]
    made_from = bootstrap.fingerprint(
        [*packages, *bootstrap.BROWSER_PACKAGES.iterdir(), *own, *sources()]
    )
    stamp = settings.DATA_DIR / "static.stamp"
    if bootstrap.is_current(stamp, made_from):
        return False
    if (
        stamp.is_file() and not stamp.read_text()
    ):  # ended in the middle: a file may be written by half
        shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    stamp.write_text("")
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=LEFT_OUT)
    stamp.write_text(made_from)
    return True


def sources() -> list[Path]:
    """Where icons are named: the code, templates and scripts of this site and of its theme."""
    installed = [
        Path(config.path)
        for config in apps.get_app_configs()
        if config.name.startswith("unfold") or Path(config.path).parent == settings.BASE_DIR
    ]
    beside = [settings.BASE_DIR / name for name in ("maintenance_site", "templates", "static")]
    found = {
        file
        for folder in [*installed, *beside]
        for file in folder.rglob("*")
        if file.suffix in _SOURCES
    }
    return sorted(found)


def words(files: list[Path]) -> set[str]:
    """Every word that might be the name of an icon; far too many, and therefore none too few."""
    return {word for file in files for word in re.findall(r"[a-z0-9_]+", file.read_text("utf-8"))}


def icon_font(names: set[str]) -> bytes:
    """The theme's icon font (WOFF2) with the icons of these names; names that are no icon are passed over."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(finders.find(ICON_FONT), recalcTimestamp=False)
    icons = icon_glyphs(font)
    wanted = names & icons.keys()
    # without closure only the wanted ligatures stay, although their letters could spell any other
    options = Options(layout_closure=False, hinting=False, glyph_names=False, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(glyphs=[icons[name] for name in wanted], text="".join(wanted))
    subsetter.subset(font)
    font.flavor = "woff2"
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()


def icon_glyphs(font: Any) -> dict[str, str]:
    """Name of each icon as pages write it, and its glyph: the font draws the letters of the name as one sign."""
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    return {
        "".join(letters[glyph] for glyph in (first, *ligature.Component)): ligature.LigGlyph
        for lookup in font["GSUB"].table.LookupList.Lookup
        for table in lookup.SubTable
        for first, ligatures in getattr(table, "ExtSubTable", table).ligatures.items()
        for ligature in ligatures
    }
