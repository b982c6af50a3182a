"""The one thing that comes from npm: Azurite, the Azure Blob server that the tests of releases run against."""

from __future__ import annotations

import shutil
from pathlib import Path

from environments import places
from scripts.install.steps import Step, command, digest

LOCKED = Path(__file__).with_name("azurite")


def azurite_step() -> Step | None:
    """How to come by what the lock file says; nothing where it is there already."""
    files = [LOCKED / "package.json", LOCKED / "package-lock.json"]
    step = Step("azurite", "Azurite (npm)", digest(*files), lambda: install(files))
    if not (places.AZURITE / "node_modules" / ".bin" / "azurite-blob").exists():
        step.stamp.unlink(missing_ok=True)
    return None if step.done() else step


def install(files: list[Path]) -> None:
    """Replaces whatever is there. No package's own scripts run: none of them is needed."""
    shutil.rmtree(places.AZURITE, ignore_errors=True)
    places.AZURITE.mkdir(parents=True)
    for file in files:
        shutil.copy(file, places.AZURITE)
    command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=places.AZURITE)
