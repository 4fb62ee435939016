"""What people type to find work orders."""

import re

_WORDS = re.compile(r'"([^"]+)"|([^\s,"]+)')
_MOST_WORDS = 8
#: From so many letters on a word is found anywhere (`core/trigrams.py`).
LETTERS = 3
#: What stands between two texts of an order: no words in quotation marks reach across, and a new word begins.
APART = "\n "
_MOST_DIGITS = 9


def number_in(text: str) -> int | None:
    """“#123” names the order 123; nothing for other words."""
    text = text.strip()
    return as_number(text[1:]) if text.startswith("#") else None


def as_number(word: str) -> int | None:
    """The number of an order; nothing for anything else."""
    is_number = word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS
    return int(word) if is_number else None


def words_in(text: str) -> list[str]:
    """What stands between blanks and commas, or between quotation marks; the first eight."""
    return [quoted or word for quoted, word in _WORDS.findall(text)][:_MOST_WORDS]


def pieces_of(text: str) -> list[str]:
    """What PostgreSQL's `show_trgm` keeps of every text that contains this one: three letters or digits in a row, in
    small letters, and two blanks before where a word begins; of ASCII, for others it keeps a number.
    """
    text = f" {text}" if text.startswith(" ") else text
    every = (text[at : at + LETTERS] for at in range(len(text) - LETTERS + 1))
    return sorted(
        {three.lower() for three in every if three.isascii() and three.lstrip(" ").isalnum()}
    )
