"""Texts for a phone: one SMS if possible, in the letters that an SMS carries 160 of (GSM 03.38)."""

import re
import unicodedata

ONE_SMS, ONE_WIDE_SMS = 160, 70
#: The basic alphabet, and the letters that count twice.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("^{}\\[~]|€")
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "·": "-"}
    | {"\u00a0": " ", "\u202f": " ", "×": "x", "→": "->", "≤": "<=", "≥": ">=", "\t": " "}
)
_PHONE = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")


def sms(text: str, link: str) -> str:
    """The text, cut so that it fits one SMS together with the link.

    Letters that the alphabet lacks lose their accents; a text in another script keeps its letters, and is shorter.
    """
    plain = _gsm(" ".join(text.translate(_PLAIN).split()))
    room = (ONE_SMS if is_gsm(plain + link) else ONE_WIDE_SMS) - length(link) - 1
    if length(plain) > room:
        while plain and length(plain) > max(room - 3, 0):
            plain = plain[:-1]
        plain = f"{plain.rstrip()}..."
    return f"{plain} {link}".strip()


def length(text: str) -> int:
    """How many places the text takes in an SMS."""
    return sum(2 if letter in _DOUBLE else 1 for letter in text) if is_gsm(text) else len(text)


def is_gsm(text: str) -> bool:
    """Whether an SMS carries the text in its basic alphabet."""
    return all(letter in _GSM or letter in _DOUBLE for letter in text)


def phone_number(written: str) -> str:
    """The number as it is dialled from anywhere, such as +49301234567; empty when it has no country code."""
    digits = re.sub(r"[ ()./-]", "", written.replace("(0)", ""))
    found = _PHONE.fullmatch(digits)
    return f"+{found[1]}" if found else ""


def _gsm(text: str) -> str:
    """Without the accents that the alphabet lacks."""
    letters = []
    for letter in text:
        bare = "".join(
            one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one)
        )
        letters.append(bare if not is_gsm(letter) and is_gsm(bare) else letter)
    return "".join(letters)
