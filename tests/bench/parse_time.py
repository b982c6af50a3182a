"""How long each DAG file takes to parse, against importing Airflow's SDK alone. Prints; asserts nothing.

Run with the runtime group's Python: `python tests/bench/parse_time.py [repetitions]`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SDK = "import time; t = time.perf_counter(); import airflow.sdk; print(time.perf_counter() - t)"
FILE = (
    "import runpy, time; t = time.perf_counter(); import airflow.sdk;"
    " runpy.run_path({file!r}); print(time.perf_counter() - t)"
)


def seconds(code: str) -> float:
    """One measurement, in a fresh interpreter."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"AIRFLOW_HOME": home, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return float(said.splitlines()[-1])


def main() -> None:
    """Prints a line per DAG file: the least of several measurements, which other load disturbs least."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    files = sorted((ROOT / "dags" / "pipelines").glob("*/dag.py"))
    codes = {"airflow.sdk alone": SDK}
    codes |= {str(file.relative_to(ROOT)): FILE.format(file=str(file)) for file in files}
    times: dict[str, list[float]] = {name: [] for name in codes}
    # In turns, so that a busy moment of the machine meets all of them.
    for _ in range(repetitions):
        for name, code in codes.items():
            times[name].append(seconds(code))
    alone = min(times["airflow.sdk alone"])
    for name, measured in times.items():
        print(f"{name:50} {min(measured):6.2f} s  {min(measured) / alone:.2f}")


if __name__ == "__main__":
    main()
