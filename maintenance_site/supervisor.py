"""Keeps a few programs running on one machine and leaves none of them behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# A program that ends sooner than this has not started; after so many in a row a person must look.
SETTLED_SECONDS = 10.0
HOPELESS = 5
STOP_SECONDS = 10.0
LOG_BYTES = 10 * 1024 * 1024
PR_SET_PDEATHSIG = 1


@dataclass
class Program:
    """One program to be kept running; its output goes to `log`."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_ends: int = 0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start in an own session, so that Ctrl-C reaches only the supervisor and a whole group can be ended."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        self.started_at = time.monotonic()

    def has_ended(self) -> bool:
        """Whether it ran and runs no more."""
        return self.process is not None and self.process.poll() is not None

    def ask_to_end(self) -> None:
        """Let it finish what it is doing."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def clear_away(self, deadline: float = 0.0) -> None:
        """Wait until `deadline` (monotonic seconds), then end whatever is left of its group."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Supervisor:
    """Runs programs until told to stop."""

    programs: Sequence[Program]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def stop_on_signals(self) -> None:
        """Ctrl-C, TERM and a closed terminal end `run` in good order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def run(self, *, is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> int:
        """Start all, call `when_ready` once `is_ready`, restart what dies; the exit code when everything has ended."""
        try:
            for program in self.programs:
                program.start(self.environment)
            return self._watch(is_ready, when_ready)
        finally:
            self.stop()

    def stop(self) -> None:
        """End every program and its children; those that do not listen are killed."""
        for program in self.programs:
            program.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        for program in self.programs:
            program.clear_away(deadline)

    def _watch(self, is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> int:
        announced = False
        while not self.stopping.wait(0.2):
            for program in filter(Program.has_ended, self.programs):
                if not self._restart(program):
                    return 1
            if not announced and is_ready():
                announced = True
                when_ready()
        return 0

    def _restart(self, program: Program) -> bool:
        """Start it again; False when it has failed so often that trying on helps nobody."""
        settled = time.monotonic() - program.started_at >= SETTLED_SECONDS
        program.quick_ends = 0 if settled else program.quick_ends + 1
        program.clear_away()
        if program.quick_ends >= HOPELESS:
            self.say(f"The {program.name} does not start. The end of {program.log}:\n")
            self.say(program.last_words())
            return False
        self.say(f"The {program.name} has ended and is started again; see {program.log}")
        if not self.stopping.wait(program.quick_ends):
            program.start(self.environment)
        return True


def _end_with_parent() -> None:
    """Ask Linux to end the program when the supervisor is killed and cannot do it any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
