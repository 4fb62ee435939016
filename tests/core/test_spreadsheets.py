"""Cells that no spreadsheet computes."""

import pytest

from core.rules.spreadsheets import safe_cell


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠SUM(A1)"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_ordinary_cells_stay() -> None:
    assert [safe_cell(value) for value in ("a-b", None, 3, "")] == ["a-b", "", "3", ""]
