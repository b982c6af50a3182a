"""A folder of environments that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the committed environments."""
    for file in load.FOLDER.glob("Pulumi.*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Writes an environment's file: `settings` go under `sluice:environment`, from line 3 of the file on."""

    def _write(name: str, settings: str) -> Path:
        file = folder / f"Pulumi.{name}.yaml"
        lines = [f"    {line}".rstrip() for line in settings.strip("\n").splitlines()]
        file.write_text("\n".join(["config:", "  sluice:environment:", *lines]) + "\n")
        return file

    return _write
