"""What the rows of an import can say, with the words of other systems for it; kept as tables beside this module."""

import csv
from collections import defaultdict
from pathlib import Path

from integrations.rules.columns import Field

_FOLDER = Path(__file__).parent


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _words() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows("words"):
        for word in row["words"].split("|"):
            found[row["set"]][word] = row["value"]
    return dict(found)


WORDS = _words()


def _entities() -> dict[str, tuple[Field, ...]]:
    found: dict[str, list[Field]] = defaultdict(list)
    for row in _rows("fields"):
        found[row["entity"]].append(
            Field(
                name=row["name"],
                label=row["label"],
                kind=row["kind"],
                required=bool(row["required"]),
                names=tuple(row["other_names"].split("|")) if row["other_names"] else (),
                choices=WORDS.get(row["words"], {}),
                help=row["help"],
            )
        )
    return {entity: tuple(fields) for entity, fields in found.items()}


#: Entity to its fields, in the order in which they are shown.
ENTITIES = _entities()
