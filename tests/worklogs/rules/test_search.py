"""Pieces of what people type."""

import pytest

from worklogs.rules.search import pieces_of


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Halogen", ["alo", "gen", "hal", "log", "oge"]),
        ("O-ring", ["ing", "rin"]),
        ("Tür", []),
        ("Türschloss", ["chl", "hlo", "los", "oss", "rsc", "sch"]),
        (" ta", ["  t", " ta"]),
        (" 7", ["  7"]),
        (" ü", []),
        (" -", []),
        ('a b "c', []),
        ("door closer", [" cl", "clo", "doo", "los", "oor", "ose", "ser"]),
    ],
)
def test_three_letters_in_a_row_and_where_a_word_begins(text: str, pieces: list[str]) -> None:
    assert pieces_of(text) == pieces
