"""Lets the web processes of one node count together, so that `/metrics` tells the same whoever answers."""

import os
import shutil
import socket
import sys

from maintenance_site import environment as env

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_counts() -> None:
    """Name the folder in which prometheus_client keeps the counts of every process of this node.

    The processes of a node have one parent: granian, or `make run`. A folder that somebody named already stays; a
    process that has started counting by itself, such as a test run, goes on so.
    """
    if _VARIABLE in os.environ or "prometheus_client" in sys.modules:
        return
    folder = env.data_dir() / "metrics"
    host = socket.gethostname()
    mine = folder / f"{host}-{os.getppid()}"
    mine.mkdir(parents=True, exist_ok=True)
    for other in folder.glob(f"{host}-*"):
        parent = other.name.rpartition("-")[2]
        if parent.isdecimal() and not _runs(int(parent)):
            shutil.rmtree(other, ignore_errors=True)
    os.environ[_VARIABLE] = str(mine)


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
