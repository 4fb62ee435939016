"""Which encoding a file of text is in."""

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

#: What people may choose when the guess is wrong.
CHOICES = ("utf-8", "cp1252", "latin-1", "cp1250", "cp1251", "mac-roman", "utf-16")
_SAMPLE = 256 * 1024
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
    best = from_bytes(
        data[:_SAMPLE], cp_isolation=["cp1252", "latin_1", "cp1250", "cp1251", "mac_roman"]
    ).best()
    encoding = "cp1252"
    # where a text reads the same in several encodings, the most common of them
    if best is not None and encoding not in best.could_be_from_charset:
        encoding = best.encoding.replace("_", "-")
    if not _decodes(data, encoding):
        encoding = "latin-1"
    return Guess(encoding, notice=f"The file is not UTF-8; it was read as {encoding}.")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
