"""The programs of `make run` are kept running, and none is left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from maintenance_site import supervisor, up
from maintenance_site.supervisor import Program, Supervisor

SUPERVISE = """
import os, sys
from pathlib import Path
from maintenance_site.supervisor import Program, Supervisor
folder = Path(sys.argv[1])
parent = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); time.sleep(60)"
note = str(folder / "child")
child = f"import os, pathlib, time; pathlib.Path({note!r}).write_text(str(os.getpid())); time.sleep(60)"
program = Program("worker", [sys.executable, "-c", parent, child], folder / "worker.log")
ready = lambda: (folder / "child").exists() and bool((folder / "child").read_text())
supervisor = Supervisor([program], os.environ, print)
supervisor.stop_on_signals()
sys.exit(supervisor.run(is_ready=ready, when_ready=lambda: print("ready", flush=True)))
"""


def until(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
    """Whether `condition` came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def lives(process_id: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return ") Z " not in Path(f"/proc/{process_id}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_ends_the_programs_and_their_children(tmp_path: Path, number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        child = int((tmp_path / "child").read_text())
        assert lives(child)
        process.send_signal(number)
        assert process.wait(timeout=120) == 0
    assert until(lambda: not lives(child))


def test_the_terminal_names_every_sign_in_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    up.welcome()
    readme = (Path(up.__file__).parent.parent / "README.md").read_text()
    named = re.compile(r"\w+@(?:demo|northline)\.example")
    assert named.findall(capsys.readouterr().out) == named.findall(readme)


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    script = f"import os, sys, time; open({str(starts)!r}, 'a').write('x'); time.sleep(60)"
    program = Program("worker", [sys.executable, "-c", script], tmp_path / "worker.log")
    told: list[str] = []
    watched = Supervisor([program], os.environ, told.append)

    def kill_once_then_stop() -> bool:
        written = starts.read_text() if starts.exists() else ""
        if written == "x" and not told and program.process is not None:
            program.process.kill()
        if written == "xx":
            watched.stopping.set()
        return False

    assert watched.run(is_ready=kill_once_then_stop, when_ready=lambda: None) == 0
    assert [message for message in told if "started again" in message]
    assert program.has_ended()


def test_a_program_that_never_starts_ends_everything_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "HOPELESS", 2)
    failing = [sys.executable, "-c", "raise SystemExit('no database here')"]
    program = Program("web process", failing, tmp_path / "web.log")
    told: list[str] = []
    assert (
        Supervisor([program], os.environ, told.append).run(
            is_ready=lambda: False, when_ready=lambda: None
        )
        == 1
    )
    assert "no database here" in told[-1]
