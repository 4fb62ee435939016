"""Who is in whose way in a tree of resources: what is taken of one is taken of all above and below it."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

#: Path of a resource, start and end as seconds since 1970.
Claim = tuple[str, int, int]


class Claims:
    """Stretches `[start, end)` that are taken of resources."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._at: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._below: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for path, start, end in claims:
            *above, own = ancestry(path)
            stretch = start, end
            self._at[own].append(stretch)
            for key in above:
                self._below[key].append(stretch)

    def count(self, path: str, start: int, end: int) -> int:
        """How many of them share a moment with `[start, end)` of the resource at `path`."""
        line = ancestry(path)
        found = 0
        for key in line:
            for low, high in self._at.get(key, ()):
                found += low < end and start < high
        for low, high in self._below.get(line[-1], ()):
            found += low < end and start < high
        return found


@lru_cache(maxsize=16_384)
def ancestry(path: str) -> tuple[str, ...]:
    """The ids in a resource's path from the root down to itself, as hexadecimal digits."""
    return tuple(path.split("/")[:-1])
