"""Wall time, processor time of this process and of PostgreSQL for it, peak memory."""

import resource
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from django.db import connection

_PROCESSES = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
"""


class Meter:
    """Measures a `with` block."""

    def __enter__(self) -> "Meter":
        self._database = _database_cpu()
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wall_seconds = round(time.perf_counter() - self._wall, 4)
        self.python_cpu_seconds = round(time.process_time() - self._cpu, 4)
        self.database_cpu_seconds = round(_database_cpu() - self._database, 4)
        self.peak_memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    @property
    def cpu_seconds(self) -> float:
        """Of Python and the database together."""
        return self.python_cpu_seconds + self.database_cpu_seconds

    def figures(self) -> dict[str, Any]:
        return {
            "wall_seconds": self.wall_seconds,
            "python_cpu_seconds": self.python_cpu_seconds,
            "database_cpu_seconds": self.database_cpu_seconds,
            "peak_memory_mib": self.peak_memory_mib,
        }


def _database_cpu() -> float:
    """Seconds that PostgreSQL's processes for this database have worked; SQLite works in ours."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(_PROCESSES)
        processes = [number for (number,) in cursor.fetchall()]
    return sum(int(Path(f"/proc/{n}/schedstat").read_text().split()[0]) for n in processes) / 1e9


def per_call(call: Callable[[], object], *, count: int, rounds: int = 5) -> dict[str, float]:
    """Milliseconds per call, the median of `rounds`: wall, processor time of Python and database, and of the latter."""
    return alternately({"": call}, count=count, rounds=rounds)[""]


def alternately(
    calls: dict[str, Callable[[], object]], *, count: int, rounds: int = 5
) -> dict[str, dict[str, float]]:
    """The same for several calls, in turns, so that what else the machine does meets them alike."""
    measured: dict[str, list[Meter]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            with Meter() as meter:
                for _ in range(count):
                    call()
            measured[name].append(meter)

    def median(seconds: Iterable[float]) -> float:
        return round(statistics.median(seconds) / count * 1000, 3)

    return {
        name: {
            "wall_ms": median(meter.wall_seconds for meter in found),
            "cpu_ms": median(meter.cpu_seconds for meter in found),
            "database_ms": median(meter.database_cpu_seconds for meter in found),
        }
        for name, found in measured.items()
    }
