"""Definitions that cannot work are refused with the field to mend."""

import re
from typing import Any

import pytest

from core.errors import Invalid
from tests import factories
from tests.scheduling.conftest import utc

pytestmark = pytest.mark.usefixtures("scope")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"frequency": "custom", "rrule": "FREQ=MINUTELY"}, "rrule", "too frequent"),
        ({"frequency": "custom", "rrule": "nonsense"}, "rrule", "NAME=VALUE"),
        (
            {"frequency": "custom", "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
            "rrule",
            "never",
        ),
        ({"frequency": "monthly", "rrule": "FREQ=DAILY"}, "frequency", "custom"),
        ({"frequency": "custom", "interval_unit": ""}, "rrule", "every 10 days"),
        ({"interval": 0}, "interval", "1"),
        ({"until": utc(2025, 1, 1)}, "until", "earlier|before"),
        ({"frequency": "weekly", "lead_days": 7}, "lead_days", "shorter than the interval"),
        ({"frequency": "daily", "tolerance_days": 1}, "tolerance_days", "shorter"),
        ({"exdates": ["24.12.2026"]}, "exdates", "is not a date"),
        ({"exdates": [20261224]}, "exdates", "is not a date"),
        ({"exdates": ["2026-12-24T08:00+01:00"]}, "exdates", "offset"),
        ({"exdates": "2026-12-24"}, "exdates", "list"),
        ({"resource": None}, "resource", "Choose either"),
        ({"title": ""}, "title", "blank"),
        ({"frequency": "hourly"}, "frequency", "choice"),
    ],
)
def test_refused_with_the_field(values: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        factories.schedule(**values)
    assert field in refusal.value.errors
    assert re.search(words, " ".join(refusal.value.errors[field])), refusal.value.errors


def test_an_hourly_rule_and_dates_left_out_work() -> None:
    schedule = factories.schedule(
        frequency="custom",
        rrule="FREQ=HOURLY;INTERVAL=6",
        exdates=["2026-01-31", "2026-02-01T02:00"],
        start_at=utc(2026, 1, 31, 7),
    )
    assert schedule.next_due_at == utc(2026, 2, 1, 7)
