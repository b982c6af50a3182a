#!/usr/bin/env python
"""Where the engine starts the pack: this file itself (older CLIs, by absolute path), or its folder."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The folder that Python puts first holds this pack's modules under bare names.
sys.path[0] = str(ROOT)

from policies.crossguard.analyzer import serve  # noqa: E402

if __name__ == "__main__":
    serve()
