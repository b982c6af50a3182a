"""Contracts and SQL compile, in the environment that they will run in."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from environments import places
from environments.problems import Exit, Refusal
from releases.contents.dags import clean_environment
from releases.gate.finding import Finding

READER = Path(__file__).with_name("runtime_reader.py")
_SECONDS = 180


def check_compiled(folder: Path, contracts: Sequence[str]) -> Iterator[Finding]:
    """What the contract compiler and dbt say against an unpacked release.

    Raises:
        Refusal: they cannot run at all (exit code 3).
    """
    with tempfile.TemporaryDirectory(prefix="sluice-compiled-") as home:
        output = Path(home) / "found.json"
        command = [
            str(part) for part in (places.venv_python("runtime"), "-P", READER, folder, output, *contracts)
        ]
        said = "it took too long"
        try:
            done = subprocess.run(
                command,
                env=clean_environment(home),
                cwd=home,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
            )
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            found = json.loads(output.read_bytes())
        except (subprocess.TimeoutExpired, OSError, ValueError):
            raise Refusal.because(
                f"contracts and SQL could not be compiled: {said}",
                remedy="run `make install`; it installs the runtime anew",
                exit_code=Exit.UNAVAILABLE,
            ) from None
    remedy = "`datacontract lint` and `dbt compile` on the checkout say more"
    for item in found:
        yield Finding(item["rule"], item["what"], item["file"], item["line"], remedy)
