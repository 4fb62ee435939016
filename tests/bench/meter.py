"""Wall time, processor time of this process and of its PostgreSQL session, peak memory."""

import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from django.db import connection

_TICK = os.sysconf("SC_CLK_TCK")


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
    """Seconds that this connection's PostgreSQL process has worked; SQLite works in ours."""
    if connection.vendor != "postgresql":
        return 0.0
    connection.ensure_connection()
    fields = (
        Path(f"/proc/{connection.connection.info.backend_pid}/stat")
        .read_text()
        .rsplit(") ", 1)[1]
        .split()
    )
    return (int(fields[11]) + int(fields[12])) / _TICK


def per_call(call: Callable[[], object], *, count: int, rounds: int = 5) -> dict[str, float]:
    """Milliseconds per call, the median of `rounds`: wall, and processor time of Python and database."""
    call()
    wall, cpu = [], []
    for _ in range(rounds):
        with Meter() as meter:
            for _ in range(count):
                call()
        wall.append(meter.wall_seconds / count * 1000)
        cpu.append(meter.cpu_seconds / count * 1000)
    return {
        "wall_ms": round(statistics.median(wall), 3),
        "cpu_ms": round(statistics.median(cpu), 3),
    }
