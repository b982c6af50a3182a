"""One roll-back in a process of its own, without asking Airflow: URI."""

from __future__ import annotations

import sys

import scripts.__main__  # noqa: F401  (what the command itself loads)
from releases.rollback import rollback

rollback(sys.argv[1])
