"""`make services`: PostgreSQL, Redis and RabbitMQ of a Debian machine, started beside the system's own.

    python -m maintenance_site.services start|stop

The servers listen on 127.0.0.1 only, on free ports chosen at the first start, and keep their data in one folder of this
checkout's own. Their addresses stand in var/services.env. Uses the standard library only.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Not below the checkout: the PostgreSQL user could not reach it inside somebody's home folder.
NAME = "mainstay-" + hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]
FOLDER = Path(os.environ.get("SERVICES_DIR", Path(tempfile.gettempdir()) / NAME)).resolve()
CHOSEN = FOLDER / "chosen.env"
ADDRESSES = ROOT / "var" / "services.env"
PACKAGES = ("postgresql", "redis-server", "rabbitmq-server")
START_SECONDS = 90.0
STOP_SECONDS = 30.0


def main() -> None:
    """Start or stop all three."""
    commands: dict[str, Callable[[], None]] = {"start": start, "stop": stop}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(f"usage: python -m maintenance_site.services {'|'.join(commands)}")
    commands[sys.argv[1]]()


def start() -> None:
    """Install what is missing, start what does not run, write the addresses; ends with an error unless all answer."""
    install_packages()
    chosen = choices()
    start_postgresql(chosen)
    start_redis(chosen)
    start_rabbitmq(chosen)
    ADDRESSES.parent.mkdir(parents=True, exist_ok=True)
    ADDRESSES.touch(mode=0o600)
    ADDRESSES.write_text("".join(f"{key}={value}\n" for key, value in addresses(chosen).items()))
    print(ADDRESSES.read_text(), end="")
    print(f"The servers run. Use them with: set -a; . {ADDRESSES.relative_to(ROOT)}; set +a")


def stop() -> None:
    """Stop what runs; the data stays in the folder."""
    if not CHOSEN.exists():
        print("No servers of this checkout have been started.")
        return
    end(pid_in(FOLDER / "rabbitmq" / "pid"), "beam.smp", signal.SIGTERM)
    end(pid_in(FOLDER / "redis" / "pid"), "redis-server", signal.SIGTERM)
    # To PostgreSQL, INT means: end now, roll back open transactions.
    end(pid_in(FOLDER / "postgresql" / "data" / "postmaster.pid"), "postgres", signal.SIGINT)
    epmd = ["epmd", "-port", choices()["EPMD_PORT"], "-kill"]
    subprocess.run(epmd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    print("The servers are stopped.")


def addresses(chosen: Mapping[str, str]) -> dict[str, str]:
    """The environment variables by which the site finds the servers."""
    password, port = chosen["POSTGRESQL_PASSWORD"], chosen["POSTGRESQL_PORT"]
    rabbitmq = f"amqp://guest:guest@127.0.0.1:{chosen['RABBITMQ_PORT']}/%2F"
    return {
        "DATABASE_URL": f"postgresql://mainstay:{password}@127.0.0.1:{port}/mainstay",
        "REDIS_URL": f"redis://127.0.0.1:{chosen['REDIS_PORT']}/0",
        "CELERY_BROKER_URL": rabbitmq,
        "RABBITMQ_URL": rabbitmq,
    }


def choices() -> dict[str, str]:
    """Ports and password, chosen once and kept."""
    if not CHOSEN.exists():
        FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        ports = (
            "POSTGRESQL_PORT",
            "REDIS_PORT",
            "RABBITMQ_PORT",
            "RABBITMQ_DIST_PORT",
            "EPMD_PORT",
        )
        chosen = dict(zip(ports, free_ports(len(ports)), strict=True))
        chosen["POSTGRESQL_PASSWORD"] = secrets.token_hex(16)
        CHOSEN.touch(mode=0o600)
        CHOSEN.write_text("".join(f"{key}={value}\n" for key, value in chosen.items()))
    if CHOSEN.stat().st_uid != os.getuid():
        sys.exit(f"{FOLDER} belongs to somebody else; name another folder with SERVICES_DIR.")
    return dict(line.split("=", 1) for line in CHOSEN.read_text().splitlines())


def free_ports(count: int) -> list[str]:
    """Ports on which nothing listens now, below those that systems hand out to outgoing connections."""
    ports: set[int] = set()
    while len(ports) < count:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            ports.add(port)
    return [str(port) for port in ports]


def install_packages() -> None:
    """Let apt install the servers that are not there; as root on Debian only."""
    if postgresql_programs() and all(
        program.exists() for program in (Path("/usr/bin/redis-server"), rabbitmq_program())
    ):
        return
    if not shutil.which("apt-get") or os.getuid() != 0:
        sys.exit(f"Missing servers. On Debian, as root: apt-get install {' '.join(PACKAGES)}")
    print(f"Installing {', '.join(PACKAGES)}", flush=True)
    # RUNLEVEL=1 keeps the packages from starting the system's own servers.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *PACKAGES]
    for command in (["apt-get", "update", "--quiet"], install):
        run(command, environment=environment)


def postgresql_programs() -> Path | None:
    """Folder of the newest PostgreSQL's programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    return max((file.parent for file in found), key=lambda p: float(p.parent.name), default=None)


def rabbitmq_program() -> Path:
    """The server itself; Debian's wrapper in /usr/sbin would switch to the system's user and settings."""
    return Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def start_postgresql(chosen: Mapping[str, str]) -> None:
    """PostgreSQL refuses to run as root, so root starts it as the user `postgres`. The site gets an ordinary role."""
    programs = postgresql_programs()
    if programs is None:
        sys.exit("PostgreSQL has been installed but its programs are not in /usr/lib/postgresql.")
    user = "postgres" if os.getuid() == 0 else None
    folder = FOLDER / "postgresql"
    data, port = folder / "data", chosen["POSTGRESQL_PORT"]
    if not data.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        if user:
            shutil.chown(folder, user, user)
        access = ["--auth-local=trust", "--auth-host=scram-sha-256", "--username=postgres"]
        text = ["--encoding=UTF8", "--locale=C.UTF-8"]
        run([programs / "initdb", "--pgdata", data, *access, *text], user=user)
    if not is_running(pid_in(data / "postmaster.pid"), "postgres"):
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        options += "-c max_connections=200 -c shared_buffers=512MB"
        log = folder / "server.log"
        control: list[str | Path] = [
            programs / "pg_ctl",
            "--pgdata",
            data,
            "--log",
            log,
            "--options",
            options,
        ]
        run([*control, "--wait", "--silent", "start"], user=user, log=log)
    ask: list[str | Path] = [
        programs / "psql",
        "-h",
        folder,
        "-p",
        port,
        "-U",
        "postgres",
        "-qtA",
        "-d",
        "postgres",
        "-c",
    ]
    if not run([*ask, "SELECT 1 FROM pg_roles WHERE rolname = 'mainstay'"], user=user):
        password = chosen["POSTGRESQL_PASSWORD"]
        run([*ask, f"CREATE ROLE mainstay LOGIN CREATEDB PASSWORD '{password}'"], user=user)
    if not run([*ask, "SELECT 1 FROM pg_database WHERE datname = 'mainstay'"], user=user):
        run([*ask, "CREATE DATABASE mainstay OWNER mainstay"], user=user)


def start_redis(chosen: Mapping[str, str]) -> None:
    """Redis in memory only: what it holds here is caches and doorbells."""
    folder = FOLDER / "redis"
    folder.mkdir(exist_ok=True)
    if not is_running(pid_in(folder / "pid"), "redis-server"):
        command = ["redis-server", "--bind", "127.0.0.1", "--port", chosen["REDIS_PORT"]]
        command += ["--daemonize", "yes", "--save", "", "--dir", str(folder)]
        command += ["--pidfile", str(folder / "pid"), "--logfile", str(folder / "server.log")]
        run(command, log=folder / "server.log")
    wait_for("Redis", chosen["REDIS_PORT"], b"PING\r\n", b"+PONG", folder / "server.log")


def start_rabbitmq(chosen: Mapping[str, str]) -> None:
    """RabbitMQ under an own node name with an own port mapper, so that a system's RabbitMQ is not touched."""
    folder = FOLDER / "rabbitmq"
    folder.mkdir(exist_ok=True)
    if not is_running(pid_in(folder / "pid"), "beam.smp"):
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{chosen['RABBITMQ_PORT']}\ndisk_free_limit.absolute = 50MB\n"
        )
        (folder / "enabled_plugins").write_text("[].\n")
        environment = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"{NAME}@localhost",
            "RABBITMQ_DIST_PORT": chosen["RABBITMQ_DIST_PORT"],
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_EPMD_PORT": chosen["EPMD_PORT"],
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        run([rabbitmq_program(), "-detached"], environment=environment)
    log = folder / "log" / f"{NAME}@localhost.log"
    wait_for("RabbitMQ", chosen["RABBITMQ_PORT"], b"AMQP\x00\x00\x09\x01", b"\x01", log)


def run(
    command: Sequence[str | Path],
    *,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> str:
    """What the command printed; ends with its complaint when it fails."""
    with tempfile.TemporaryFile(
        "w+"
    ) as output:  # not a pipe: servers in the background would keep it open
        code = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            check=False,
        ).returncode
        output.seek(0)
        printed = output.read().strip()
    if code:
        sys.exit(f"{command[0]} failed ({code}):\n{printed}\n{tail(log)}")
    return printed


def wait_for(server: str, port: str, question: bytes, answer: bytes, log: Path) -> None:
    """Return when the server answers in its own protocol; end with its log when it does not in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", int(port)), 2) as talk,
        ):
            talk.sendall(question)
            if talk.recv(64).startswith(answer):
                return
        time.sleep(0.2)
    sys.exit(f"{server} does not answer on port {port}.\n{tail(log)}")


def tail(log: Path | None) -> str:
    """The end of a log, for the message of a failure."""
    if log is None or not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def pid_in(file: Path) -> int | None:
    """The process id a server left in its first line."""
    try:
        return int(file.read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return None


def is_running(pid: int | None, name: str) -> bool:
    """Whether that process lives and is the server meant; ids are used again."""
    try:
        return pid is not None and Path(f"/proc/{pid}/comm").read_text().strip() == name
    except (FileNotFoundError, ProcessLookupError):
        return False


def end(pid: int | None, name: str, number: signal.Signals) -> None:
    """Ask a server to end and wait until it has."""
    if pid is None or not is_running(pid, name):
        return
    os.kill(pid, number)
    deadline = time.monotonic() + STOP_SECONDS
    while is_running(pid, name):
        if time.monotonic() > deadline:
            sys.exit(f"{name} (process {pid}) does not end.")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
