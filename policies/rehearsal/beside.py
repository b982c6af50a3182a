"""Processes beside a rehearsal: started with nothing of the user's, found again by a mark."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from environments import places

# Set on everything that a rehearsal starts, to its folder, and handed down to whatever that starts.
MARK = "SLUICE_REHEARSAL"

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from {module} import main; main(sys.argv[1:])"


def start(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Starts a module's `main` in a session of its own; its standard input and output are pipes."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START.format(module=module), str(places.ROOT), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        text=True,
        start_new_session=True,
    )
