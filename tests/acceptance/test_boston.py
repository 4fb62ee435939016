"""The proof on a city's requests, with all of its 2,615 deadlines."""

import pytest

from tests.acceptance import boston
from tests.shared_data import shared_data

pytestmark = pytest.mark.thorough


@pytest.mark.django_db
def test_the_deadlines_of_a_city() -> None:
    data = shared_data("boston311")
    if data is not None:
        assert boston.problems(data) == []
