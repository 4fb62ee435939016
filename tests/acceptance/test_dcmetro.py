"""The proof on real records, small: the lifts and escalators of two stations over sixty days."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import dcmetro
from tests.shared_data import shared_data

pytestmark = pytest.mark.thorough


@pytest.mark.django_db
def test_the_main_job_on_real_records(tmp_path: Path, settings: Any) -> None:
    data = shared_data("dcmetro")
    if data is None:
        return
    settings.MEDIA_ROOT = tmp_path / "uploads"
    dcmetro.prepare()
    stations = {"A01", "A02"}
    proof = dcmetro.Proof(data, tmp_path, 60, stations)

    proof.play()

    assert len(proof.units) == 32
    assert dcmetro.compare(proof) == []
    assert [
        (row["month"], row["due"], row["done"], row["in_time"], row["superseded"])
        for row in dcmetro.months(proof)
    ] == [("2013-07", 32, 22, 21, 10), ("2013-08", 30, 14, 9, 1)]
    assert proof.alerted == {"2013-07": 40, "2013-08": 46}
    assert proof.overdue == {"2013-07": 10, "2013-08": 19}
    before = dcmetro.state()
    assert {name: count for name, (count, _) in before.items()} == {
        "User": 1,
        "ResourceType": 2,
        "Resource": 32,
        "Schedule": 32,
        "DueState": 32,
        "Occurrence": 65,
        "Log": 62,
        "Notification": 118,
        "Delivery": 2,
    }

    again = dcmetro.Proof(data, tmp_path, 60, stations)
    again.play()

    assert dcmetro.state() == before
    assert sum(again.alerted.values()) == 0
