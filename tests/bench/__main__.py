"""`python -m tests.bench [NAME…]`: runs the benchmarks, each in the environment that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from environments import places

HERE = Path(__file__).parent
# Which environment a benchmark runs in; `infra` where it is not said.
RUNTIME = {"curate", "parse_time"}


def main(wanted: list[str]) -> int:
    """Runs the wanted benchmarks, or all of them, one after the other: they measure time."""
    there = sorted(file.stem for file in HERE.glob("*.py") if not file.stem.startswith("_"))
    if unknown := sorted(set(wanted) - set(there)):
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(there)}", file=sys.stderr)
        return 2
    worst = 0
    for name in wanted or there:
        print(f"\n=== {name}", flush=True)
        python = places.venv_python("runtime" if name in RUNTIME else "infra")
        result = subprocess.run([python, HERE / f"{name}.py"], cwd=places.ROOT, env=_environment())
        worst = max(worst, result.returncode)
    return worst


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(places.ROOT)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
