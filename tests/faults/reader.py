"""`python -m tests.faults.reader URI CACHE`, in the runtime's environment: Airflow's bundle, polling without end.

After each refresh every byte of what is served is verified; a line of JSON says what it was.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time

from tests.faults.whole import broken

PAUSE_SECONDS = 0.05


def main(uri: str, cache: str) -> None:
    """Polls until it is killed."""
    said_to = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Airflow writes to standard output as it likes.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from sluice_bundle import ReleaseDagBundle

    logging.disable(logging.CRITICAL)
    served = ReleaseDagBundle(name="releases", releases=uri, cache=cache, refresh_interval=1)
    served.initialize()
    while True:
        version = served.get_current_version()
        release = version.version if version else None
        said = {"release": release, "broken": broken(served.path, release) if release else None}
        print(json.dumps({**said, "complaint": served._complaint}), file=said_to, flush=True)
        time.sleep(PAUSE_SECONDS)
        served.refresh()


if __name__ == "__main__":
    main(*sys.argv[1:])
