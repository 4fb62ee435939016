"""Edits with If-Match at the same moment: one is made, the others are told that their version is old."""

import time
from pathlib import Path
from typing import Any

import pytest

import tests.flush  # noqa: F401
from accounts.rights import Role
from accounts.services import organizations, users
from tests import factories
from tests.api import Client
from tests.threads import in_threads, shared_database

PEOPLE = 6


@pytest.mark.parametrize(
    ("path", "field", "service", "name"),
    [
        ("me", "phone", users, "change_profile"),
        ("organization", "name", organizations, "change_organization"),
    ],
)
def test_one_of_many_edits_of_one_version_is_made(
    transactional_db: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    field: str,
    service: Any,
    name: str,
) -> None:
    person = factories.user(factories.organization(), role=Role.ADMIN)
    change = getattr(service, name)

    def slowly(*args: Any, **options: Any) -> Any:
        time.sleep(0.1)  # long enough for everybody to have looked at the version
        return change(*args, **options)

    monkeypatch.setattr(service, name, slowly)
    clients = [Client(person) for _ in range(PEOPLE)]
    version = {"If-Match": clients[0].get(path)["ETag"]}
    with shared_database(tmp_path):
        answers, errors = in_threads(
            PEOPLE, lambda n: clients[n].patch(path, {field: f"03{n}"}, headers=version)
        )
        stored = clients[0].get(path).json()[field]
    assert errors == []
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (PEOPLE - 1)
    (made,) = [answer for answer in answers if answer.status_code == 200]
    assert made.json()[field] == stored
