"""Which encoding a file of text is in."""

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

#: What people may choose when the guess is wrong.
CHOICES = ("utf-8", "cp1252", "latin-1", "cp1250", "cp1251", "mac-roman", "utf-16")
_SAMPLE = 256 * 1024
_WESTERN = frozenset("äöüÄÖÜßéèêëàâáãåçñóòôõíìîïúùûæøœÉÈÀÁÇÑÓÕÍÚÅØ€–—’‘“”„«»°§µ½ ")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding, and whether every byte of the file is valid in it."""

    encoding: str
    is_clean: bool = True
    notice: str = ""


def guess(data: bytes) -> Guess:
    """The encoding of `data`: its mark, else UTF-8 when that is valid, else the most likely 8-bit one.

    A file of UTF-8 with a few broken bytes stays UTF-8: reading all of it as an 8-bit encoding would spoil every
    accent to save one character. The broken bytes become "�".
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Guess(encoding)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _without_utf8(data)
    return Guess("utf-8")


def _without_utf8(data: bytes) -> Guess:
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}") - data.count(
        "\N{REPLACEMENT CHARACTER}".encode()
    )
    valid = sum(letter > "\x7f" for letter in text) - text.count("\N{REPLACEMENT CHARACTER}")
    if valid > broken:
        notice = f"{broken} bytes are not valid UTF-8 and become “\N{REPLACEMENT CHARACTER}”."
        return Guess("utf-8", is_clean=False, notice=notice)
    encoding = "cp1252" if _looks_western(data[:_SAMPLE]) else _most_likely(data[:_SAMPLE])
    if not _decodes(data, encoding):
        encoding = "latin-1"
    return Guess(encoding, notice=f"The file is not UTF-8; it was read as {encoding}.")


def _looks_western(data: bytes) -> bool:
    """Few letters beyond ASCII, nearly all of them those of western Europe: surer than statistics on short texts."""
    text = data.decode("cp1252", errors="replace")
    letters = sum(letter.isalpha() for letter in text)
    special = [letter for letter in text if letter > "\x7f"]
    western = sum(letter in _WESTERN for letter in special)
    return western >= 0.8 * len(special) and len(special) <= 0.3 * letters


def _most_likely(data: bytes) -> str:
    candidates = ["cp1252", "latin_1", "cp1250", "cp1251", "mac_roman"]
    best = from_bytes(data, cp_isolation=candidates).best()
    return best.encoding.replace("_", "-") if best is not None else "cp1252"


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
