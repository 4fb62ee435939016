"""`make run`: the whole site on one machine, in one terminal.

Prepares the database, loads the demo into an empty one and keeps one web process and one worker running until Ctrl-C.
"""

import http.client
import os
import socket
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import django
from django.conf import settings
from django.core.management import CommandError, call_command

from maintenance_site import migrating, static_files
from maintenance_site.supervisor import Program, Supervisor

#: As in the README; the last one belongs to the second organisation.
DEMO_ACCOUNTS = (
    *("admin@demo.example", "executive@demo.example", "venue@demo.example"),
    *("coordinator@demo.example", "technician@demo.example", "requester@demo.example"),
    *("super@demo.example", "fleet@northline.example"),
)


def main() -> int:
    """Run until told to stop; the exit code says whether web and worker could be kept running."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
    os.environ["STATIC_COLLECTED"] = "true"
    django.setup()
    host = os.environ.get("HOST", "127.0.0.1")
    refuse_taken_port(host)
    prepare()
    supervisor = Supervisor(
        programs=[web(host), worker()],
        environment={**os.environ, "DATA_DIR": str(settings.DATA_DIR), "LIVE_PAGES": "true"},
        say=say,
    )
    supervisor.stop_on_signals()
    code = supervisor.run(is_ready=lambda: answers(host), when_ready=welcome)
    say("Stopped.")
    return code


def prepare() -> None:
    """Bring the database up to date, load the demo into an empty one, gather the files for browsers meanwhile."""
    say(f"Preparing the data in {settings.DATA_DIR} (half a minute the first time)")
    try:
        # a process of its own: both are busy with the processor
        files = ProcessPoolExecutor(1, get_context("fork")).submit(static_files.collect)
        migrating.hasten()
        call_command("migrate", verbosity=0, interactive=False)
        if not settings.PRODUCTION:
            call_command("load_demo", "--if-empty")
        files.result()
    except CommandError as problem:
        sys.exit(f"The data could not be prepared: {problem}")


def say(message: str) -> None:
    """Tell the person at the terminal."""
    print(message, flush=True)


def refuse_taken_port(host: str) -> None:
    """End with advice when something else listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.PORT))
        except OSError as problem:
            sys.exit(
                f"Port {settings.PORT} of {host} cannot be used: {problem.strerror}.\n"
                f"Choose another one: make run PORT={settings.PORT + 1}"
            )


def web(host: str) -> Program:
    """One process for the site and its sockets; to compress for each socket costs more than it saves."""
    command = [sys.executable, "-m", "uvicorn", "maintenance_site.asgi:application"]
    command += ["--host", host, "--port", str(settings.PORT), "--ws", "wsproto"]
    command += ["--ws-per-message-deflate", "false"]
    command += ["--no-proxy-headers", "--no-server-header", "--no-access-log"]
    command += ["--timeout-graceful-shutdown", "2"]
    return Program("web process", command, settings.DATA_DIR / "logs" / "web.log")


def worker() -> Program:
    """Everything periodic and queued, in one process."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_worker"]
    return Program("worker", command, settings.DATA_DIR / "logs" / "worker.log")


def welcome() -> None:
    """Say where to sign in."""
    say(f"\nMainstay is ready: {settings.SITE_URL}/")
    if not settings.PRODUCTION:
        say(f"Sign in with one of these, password {settings.DEMO_PASSWORD}:")
        for address in DEMO_ACCOUNTS:
            say(f"  {address}")
    say(f"Data and logs: {settings.DATA_DIR}    Stop: Ctrl-C\n")


def answers(host: str) -> bool:
    """Whether the web process serves requests."""
    reachable = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(reachable, settings.PORT, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("\nStopped while preparing; run it again to go on.")
        os._exit(130)  # the files that are still being gathered need nobody to wait for them
