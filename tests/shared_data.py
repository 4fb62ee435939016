"""The reference data beside the project, which some tests check against."""

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(name: str) -> Path | None:
    """The file or directory `name` below ../shared/data, or None at a desk without the data.

    CI always has the data: there a missing file fails, so that no check is lost silently. Tests
    keep a few cases of their own, so that a module checks something without the data too.
    """
    path = SHARED_DATA / name
    if path.exists():
        return path
    if os.environ.get("CI"):
        pytest.fail(f"The reference data {path} is missing; CI needs it.", pytrace=False)
    return None
