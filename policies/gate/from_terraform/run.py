"""Runs a Python program that prints a Terraform root module, such as `stacks.bootstrap`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from environments import places
from environments.problems import Exit, Location, Refusal
from environments.yaml_file import shown

SECONDS = 120
# Nothing of the caller's but where programs are: no credentials, no configuration.
_HANDED_ON = ("PATH", "TMPDIR", "JSII_NODE")


def printed(root: Path, module: str, arguments: Sequence[str]) -> str:
    """The root module that a program prints, as JSON.

    Args:
        root: The repository's folder.
        module: The program, as `python -m` takes it.
        arguments: What it is asked.

    Raises:
        Refusal: Node or the Python environment is missing (the CDK needs both), or the program failed.
    """
    where = Location(shown(root / Path(*module.split("."))))
    python = places.venv_python("infra")
    _require(python, where)
    try:
        done = subprocess.run(
            [str(python), "-m", module, *arguments],
            cwd=root,
            env=_environment(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Refusal.because(f"the program does not end within {SECONDS} seconds", where=where) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith("b'")]
        raise Refusal.because(
            "the program failed: " + ("\n    ".join(said[-5:]) or f"exit code {done.returncode}"),
            where=where,
            remedy=f"run it by itself: python -m {module} {' '.join(arguments)}",
        )
    return done.stdout


def _require(python: Path, where: Location) -> None:
    if not python.exists():
        raise Refusal.because(
            "the Python environment of Pulumi and Terraform's CDK is missing",
            where=where,
            remedy="`make install` makes it",
            exit_code=Exit.UNAVAILABLE,
        )
    if shutil.which(os.environ.get("JSII_NODE", "node")) is None:
        raise Refusal.because(
            "Node is missing: Terraform's CDK, which describes the bootstrap, runs on it",
            where=where,
            remedy="install Node.js 20 or later; `./sluice doctor` shows what else is missing",
            exit_code=Exit.UNAVAILABLE,
        )


def _environment() -> dict[str, str]:
    given = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return {
        **given,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        # The CDK unpacks itself into a cache in the home folder; nothing of ours lives outside the checkout.
        "HOME": str(places.STATE / "cache"),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(places.STATE / "cache" / "jsii"),
        "CHECKPOINT_DISABLE": "1",
    }
