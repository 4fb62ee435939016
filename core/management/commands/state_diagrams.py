"""Draw every lifecycle."""

from argparse import ArgumentParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand

from core.states import StateTable

_HEAD = "# Lifecycles\n\nWritten by `manage.py state_diagrams` from the tables in each app's `states.py`.\n"


class Command(BaseCommand):
    """The tables that refuse wrong moves are the ones that are drawn."""

    help = "Write docs/state-diagrams.md from the state tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        default = settings.BASE_DIR / "docs" / "state-diagrams.md"
        parser.add_argument("--to", metavar="FILE", type=Path, default=default)

    def handle(self, *args: Any, **options: Any) -> None:
        options["to"].write_text(document())
        self.stdout.write(str(options["to"]))


def document() -> str:
    """Every state table of every app as a Mermaid diagram."""
    parts = [
        f"\n## {table.name}\n\n```mermaid\n{table.diagram()}\n```\n" for table in state_tables()
    ]
    return _HEAD + "".join(parts)


def state_tables() -> list[StateTable]:
    """By name, from the `states` modules of the project's apps."""
    found: dict[str, StateTable] = {}
    for config in apps.get_app_configs():
        if Path(config.path).parent != settings.BASE_DIR or not find_spec(f"{config.name}.states"):
            continue
        for value in vars(import_module(f"{config.name}.states")).values():
            if isinstance(value, StateTable):
                found[value.name] = value
    return [found[name] for name in sorted(found)]
