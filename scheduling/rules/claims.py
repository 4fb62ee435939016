"""Who is in whose way in a tree of resources: what is taken of one is taken of all above and below it."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

#: Path of a resource, start and end as seconds since 1970.
Claim = tuple[str, int, int]


class Claims:
    """Stretches `[start, end)` that are taken of resources."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        at: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for path, start, end in claims:
            at[path].append((start, end))
        self._at = {ancestry(path)[-1]: stretches for path, stretches in at.items()}
        self._below: dict[str, list[str]] = defaultdict(list)
        for path in at:
            *above, own = ancestry(path)
            for key in above:
                self._below[key].append(own)
        self._near: dict[str, list[tuple[int, int]]] = {}

    def count(self, path: str, start: int, end: int) -> int:
        """How many of them share a moment with `[start, end)` of the resource at `path`."""
        if path not in self._near:
            self._near[path] = self._around(path)
        # a list, because a generator costs more than what it counts
        return len([1 for low, high in self._near[path] if low < end and start < high])

    def _around(self, path: str) -> list[tuple[int, int]]:
        line = ancestry(path)
        keys = (*line, *self._below.get(line[-1], ()))
        return [stretch for key in keys for stretch in self._at.get(key, ())]


@lru_cache(maxsize=16_384)
def ancestry(path: str) -> tuple[str, ...]:
    """The ids in a resource's path from the root down to itself, as hexadecimal digits."""
    return tuple(path.split("/")[:-1])
