"""What the subject of a mail with several messages says."""

import pytest

from notifications.rules.words import digest_subject


@pytest.mark.parametrize(
    ("titles", "overdue", "due", "subject"),
    [
        (["Lift is overdue"], 1, 0, "Lift is overdue"),
        (["Lift", "Pump", "Fan"], 2, 1, "Maintenance: 2 overdue, 1 due"),
        (["Lift", "Room 5 is closed"], 0, 1, "Maintenance: 1 due, 1 more"),
        (["Room 5 is closed", "Room 6", "Room 7"], 0, 0, "Room 5 is closed, and 2 more"),
        (["x" * 300, "Room 6"], 0, 0, "x" * 179 + "…, and 1 more"),
    ],
)
def test_the_subject_says_what_it_is_about(
    titles: list[str], overdue: int, due: int, subject: str
) -> None:
    assert digest_subject(titles, overdue=overdue, due=due) == subject
