"""What the set-up installs is the same everywhere, and what goes wrong is said."""

import json
import re
import sys
from pathlib import Path

import pytest

from maintenance_site import bootstrap


def test_every_python_package_is_pinned_exactly() -> None:
    files = (
        bootstrap.RUNTIME_REQUIREMENTS,
        bootstrap.DEVELOPMENT_REQUIREMENTS,
        bootstrap.CONSTRAINTS,
    )
    lines = [line for file in files for line in file.read_text().splitlines()]
    packages = [line for line in lines if line and not line.startswith(("#", "-"))]
    assert packages
    assert [line for line in packages if not re.match(r"[\w.\[\],-]+==[\w.]+( ;.*)?$", line)] == []


def test_every_browser_package_is_locked_by_its_hash_and_to_no_registry() -> None:
    lock = (bootstrap.BROWSER_PACKAGES / "package-lock.json").read_text()
    packages = [package for name, package in json.loads(lock)["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert "://" not in re.sub(
        r'"https://(opencollective\.com|github\.com/sponsors)/\w+"', "", lock
    )


def test_a_download_is_tried_again_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    fails = [sys.executable, "-c", "raise SystemExit(1)"]
    works = [sys.executable, "-c", f"open({str(tmp_path / 'done')!r}, 'w')"]
    bootstrap.download([fails, works], "a thing")
    assert (tmp_path / "done").exists()


def test_a_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    missing = ["/no/such/program"]
    with pytest.raises(SystemExit, match=r"Downloading a thing failed(.|\n)*run the same command"):
        bootstrap.download([missing, missing], "a thing")


def test_a_step_is_repeated_only_when_what_it_was_made_from_changed(tmp_path: Path) -> None:
    source, stamp = tmp_path / "source", tmp_path / "stamp"
    source.write_text("1")
    assert not bootstrap.is_current(stamp, bootstrap.fingerprint([source]))
    stamp.write_text(bootstrap.fingerprint([source]))
    assert bootstrap.is_current(stamp, bootstrap.fingerprint([source]))
    source.write_text("2")
    assert not bootstrap.is_current(stamp, bootstrap.fingerprint([source]))
