"""The packages that a release wants can be installed beside the target's Airflow.

Asked of uv, which resolves as an installer would: the runtime's direct requirements as they are pinned, with the
Airflow version that the target runs, on the target's Python. Airflow publishes a file of constraints for each of its
versions; where one is given, it holds too.
"""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

from environments import places
from environments.problems import Exit, Location, Refusal
from environments.vocabulary import OrchestratorKind
from releases.gate.finding import Finding
from releases.requirements import AIRFLOW, GROUP

PYTHON = {
    # Amazon's and Google's own pages on their images of Airflow 3: Python 3.12 on MWAA, 3.11 or 3.12 on Composer 3.
    OrchestratorKind.MWAA: "3.12",
    OrchestratorKind.COMPOSER: "3.12",
    OrchestratorKind.CONTAINERS: "3.12",
    OrchestratorKind.PROCESSES: "3.11",
}
_SECONDS = 300
_DRAWING = " \u00d7\u2570\u2500\u25b6\u2502"
"""What uv draws its explanations with."""
_NO_NETWORK = ("failed to fetch", "network", "dns error", "connect", "timed out")
_PROJECT_FILE = "pyproject.toml"


def wanted(root: Path) -> list[str]:
    """The runtime's direct requirements, without Airflow itself and without our own bundle.

    Raises:
        Refusal: the project file cannot be read.
    """
    path = root / _PROJECT_FILE
    try:
        group = tomllib.loads(path.read_text())["dependency-groups"][GROUP]
    except (OSError, ValueError, KeyError) as error:
        raise Refusal.because(
            f"cannot read the group `{GROUP}`: {error!r}", where=Location(path), remedy="restore the file"
        ) from None
    return [line for line in group if line.split("=")[0].strip() not in (AIRFLOW, "sluice-bundle")]


def check_requirements(
    lines: list[str], airflow_version: str, kind: OrchestratorKind, constraints: Path | None = None
) -> Iterator[Finding]:
    """What uv says against installing these beside that Airflow.

    Raises:
        Refusal: there is no uv (exit code 3).
    """
    uv = places.VENVS / "uv" / "bin" / "uv"
    command = [str(uv), "pip", "compile", "-", "--quiet", "--no-header", "--python-version", PYTHON[kind]]
    command += ["--output-file", "-"]
    if constraints:
        command += ["--constraint", str(constraints)]
    try:
        done = subprocess.run(
            command,
            input="\n".join([f"{AIRFLOW}=={airflow_version}", *lines]),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise Refusal.because(
            "uv is not installed", where=Location(uv), remedy="run `make install`", exit_code=Exit.UNAVAILABLE
        ) from None
    except subprocess.TimeoutExpired:
        yield _unknown(f"uv had no answer after {_SECONDS} s")
        return
    if done.returncode == 0:
        return
    said = " ".join(part.strip(_DRAWING) for part in done.stderr.splitlines() if part.strip())
    if any(word in said.lower() for word in _NO_NETWORK) and "no solution" not in said.lower():
        yield _unknown(f"the package index cannot be reached: {said[:200]}")
        return
    yield Finding(
        "requirements/resolve",
        f"the runtime's packages cannot be installed beside Airflow {airflow_version}: {said}",
        _PROJECT_FILE,
        None,
        "change the pins of the group `runtime`, then `uv lock`",
    )


def _unknown(what: str) -> Finding:
    return Finding(
        "requirements/resolve", what, _PROJECT_FILE, None, "try again with network", undetermined=True
    )
