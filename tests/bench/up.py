"""How long `sluice up` takes phase by phase, once all is installed: first time and nothing to do.

Prints seconds and the ratio of the second to the first. The platform has a state folder of its own.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

from tests.e2e.platform_on_one_machine import Platform

PHASE = re.compile(r"✓ (services|preview|apply|airflow|release|pipeline).*\((\d+\.\d) s\)$", re.MULTILINE)


def timed(platform: Platform) -> tuple[dict[str, float], float]:
    """Runs `up`; returns seconds per phase and in all.

    Raises:
        SystemExit: it failed.
    """
    since = time.perf_counter()
    said = platform.sluice("up")
    whole = time.perf_counter() - since
    if said.code != 0:
        raise SystemExit(said.all)
    return {name: float(seconds) for name, seconds in PHASE.findall(said.err)}, whole


def main() -> None:
    """Measures on a fresh state folder."""
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(Path(folder) / "state")
        try:
            first, first_whole = timed(platform)
            second, second_whole = timed(platform)
        finally:
            platform.sluice("down")
    print(f"{'phase':<12}{'first':>9}{'again':>9}")
    for name, seconds in first.items():
        again = f"{second[name]:.1f} s" if name in second else "-"
        print(f"{name:<12}{seconds:>7.1f} s{again:>9}")
    print(
        f"{'in all':<12}{first_whole:>7.1f} s{second_whole:>7.1f} s   ratio {second_whole / first_whole:.2f}"
    )


if __name__ == "__main__":
    main()
