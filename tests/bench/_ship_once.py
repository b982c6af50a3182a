"""One ship in a process of its own, as `sluice ship` makes it, without asking Airflow: URI, checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import scripts.__main__  # noqa: F401  (what the command itself loads)
from releases.ship import ship_release

ship_release(Path(sys.argv[2]), sys.argv[1], None, lambda line: None)
