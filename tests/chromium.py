"""Where the browser is that tests and bench look through."""

import os
import shutil

#: The shell does without what only people see of a browser; pages load in two thirds of the time.
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)


def is_missing() -> bool:
    """Whether this machine has none."""
    return shutil.which(CHROMIUM) is None
