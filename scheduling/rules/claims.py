"""Who is in whose way in a tree of resources: what is taken of one is taken of all above and below it."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

#: Path of a resource, start and end; moments of any one kind that can be compared.
Claim = tuple[str, Any, Any]


class Claims:
    """Stretches `[start, end)` that are taken of resources."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._at: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
        self._below: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
        for path, start, end in claims:
            *above, own = ancestry(path)
            self._at[own].append((start, end))
            for key in above:
                self._below[key].append((start, end))

    def meet(self, path: str, start: Any, end: Any) -> bool:
        """Whether one of them shares a moment with `[start, end)` of the resource at `path`."""
        line = ancestry(path)
        near = [
            *self._below.get(line[-1], ()),
            *(one for key in line for one in self._at.get(key, ())),
        ]
        return any(low < end and start < high for low, high in near)


@lru_cache(maxsize=16_384)
def ancestry(path: str) -> tuple[str, ...]:
    """The ids in a resource's path from the root down to itself, as hexadecimal digits."""
    return tuple(path.split("/")[:-1])
