"""`python -m tests.faults.shipper URI CHECKOUT`: ships once, in a process that can be killed.

Says how it ended in one line of JSON. Patience and the lease's term are short, so that a trial is.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

from dags.bundle.sluice_bundle.errors import ReleaseError
from dags.bundle.sluice_bundle.storage import ObjectStorage
from releases.build import build
from releases.ship import ship_built

PATIENCE = timedelta(seconds=2)
TERM = timedelta(seconds=0.5)


def main(uri: str, checkout: str) -> None:
    """Ships the checkout."""
    release = build(Path(checkout))
    # The proxy is armed once this line is read.
    print(json.dumps({"built": release.id}), flush=True)
    sys.stdin.readline()
    try:
        storage = ObjectStorage(uri, patience=PATIENCE)
        shipped = ship_built(release, storage, None, lambda line: None, by="shipper", term=TERM)
    except ReleaseError as error:
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"}), flush=True)
        return
    print(json.dumps({"shipped": shipped.release, "moved": shipped.moved}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
