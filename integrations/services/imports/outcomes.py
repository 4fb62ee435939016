"""What became of each row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accounts.models import User
from core.errors import DomainError, Invalid
from integrations.services.imports.lookups import Lookups
from integrations.services.imports.source import Options, Row
from integrations.services.imports.values import Reader, problem_of


class State(StrEnum):
    """The fate of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row and what became of it; `problem` says why it was rejected."""

    row: Row
    state: State
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What an importer works with."""

    reader: Reader
    lookups: Lookups
    options: Options
    by: User | None
    now: datetime
    lines: dict[object, int] = field(default_factory=dict)

    def claim(self, key: object, row: Row) -> None:
        """Raise `Invalid` when another row of the file is about the same: each run would undo one by the other."""
        first = self.lines.setdefault(key, row.line)
        if first != row.line:
            raise Invalid(f"Line {first} is about the same already. Keep one of the two.")

    def rejected(self, row: Row, error: DomainError) -> Outcome:
        """The outcome of a refused row, in words."""
        text = (
            problem_of(error.errors, self.reader.fields)
            if isinstance(error, Invalid) and error.errors
            else error.message
        )
        return Outcome(row, State.REJECTED, text)


Importer = Callable[[Iterable[Row], Work], Iterator[Outcome]]


def one_by_one(
    rows: Iterable[Row], work: Work, take: Callable[[Row, Work], State]
) -> Iterator[Outcome]:
    """Take each row by itself; a refusal rejects that row."""
    for row in rows:
        try:
            yield Outcome(row, take(row, work))
        except DomainError as error:
            yield work.rejected(row, error)
