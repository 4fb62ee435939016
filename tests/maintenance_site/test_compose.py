"""`compose.yaml` runs everything that the site can do, and lets every setting through that README explains."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from core.lanes import Group
from core.management.lane_command import LaneCommand
from integrations.management.commands import consume_events, relay_events

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SITE = COMPOSE["x-site"]["environment"]
README = (ROOT / "README.md").read_text()
#: For work on the site itself; DATA_DIR is in README's text.
DEVELOPMENT = {"DEBUG", "STATIC_COLLECTED", "DEMO_PASSWORD", "PORT"}


def read_by_the_site() -> set[str]:
    """The names of all variables that the settings ask for."""
    text = (ROOT / "maintenance_site" / "settings.py").read_text()
    found = set(re.findall(r'\benv\.\w+\(\s*"([A-Z][A-Z0-9_]+)"', text))
    assert len(found) == len(
        re.findall(r"\benv\.(?!data_dir|development_secret|database\(|mail\()\w+\(", text)
    )
    return found | {"DATA_DIR"}


def site_services() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in COMPOSE["services"].items():
        if service.get("image") == "mainstay":
            yield name, service


def test_every_setting_is_passed_and_explained() -> None:
    known = read_by_the_site() - DEVELOPMENT
    assert known - set(SITE) == set()
    assert {name for name in known if f"`{name}`" not in README} == set()
    for name, service in site_services():
        assert service["environment"] == SITE, name


def test_what_is_passed_means_something() -> None:
    of_libraries = {name for name in SITE if name.startswith(("AWS_", "OTEL_"))}
    assert set(SITE) - read_by_the_site() == of_libraries
    assert all(f"`{name}`" in README for name in of_libraries)


def interpolated(given: dict[str, str]) -> dict[str, str]:
    """The environment of a service, as Compose fills it in."""

    def value(match: re.Match[str]) -> str:
        name, operator, other = match.groups()
        found = given.get(name, "")
        assert found or operator != ":?", f"{name}: {other}"
        return found or (other or "").replace("${SITE_HOST}", given["SITE_HOST"])

    pattern = r"\$\{([A-Z0-9_]+)(?:(:[-?])((?:[^{}]|\$\{[A-Z_]+\})*))?\}"
    return {name: re.sub(pattern, value, str(text)) for name, text in SITE.items()}


@pytest.mark.parametrize(
    "more", [{}, {"RABBITMQ_URL": "amqp://mq.example/%2F", "WEBHOOKS_PRIVATE": "true"}]
)
def test_the_site_starts_with_what_compose_passes(tmp_path: Path, more: dict[str, str]) -> None:
    """Also with nothing written into `.env` beside what is required."""
    written = {"SITE_HOST": "mainstay.example", "SECRET_KEY": "Qw7-" * 16 + "zR2x"}
    written |= {"POSTGRES_PASSWORD": "secret", "SMTP_URL": "smtp://mail.example"}
    environment = interpolated({**written, **more}) | {"DATA_DIR": str(tmp_path)}
    program = (
        "import django; django.setup(); from django.conf import settings;"
        "print(settings.RABBITMQ_URL, settings.RABBITMQ_EXCHANGE, settings.WEBHOOKS_PRIVATE, settings.LIVE_PAGES)"
    )
    environment |= {
        "DJANGO_SETTINGS_MODULE": "maintenance_site.settings",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = f"{more.get('RABBITMQ_URL', '')} hospitality_platform {bool(more)} True"
    assert done.stdout.strip() == said.strip()


def test_every_lane_has_a_service() -> None:
    commands: tuple[type[LaneCommand], ...] = (relay_events.Command, consume_events.Command)
    names = {command: command.__module__.rpartition(".")[2] for command in commands}
    started = " ".join(str(service["command"]) for _, service in site_services())
    served = {
        group
        for command, name in names.items()
        if f"manage.py {name}" in started
        for group in command.groups
    }
    assert set(names.values()) <= set(get_commands())
    assert "celery worker" in re.sub(r" --app \S+", "", started.replace(".venv/bin/", ""))
    assert served | {Group.WORK} == set(Group)
