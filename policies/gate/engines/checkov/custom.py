"""Loads Sluice's own checks, `policies/checkov/*.py`; importing one registers it with checkov."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "checkov"


def load() -> list[str]:
    """Imports every check; a file that cannot be imported stops the worker with its error."""
    names = sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_"))
    for name in names:
        import_module(f"policies.checkov.{name}")
    return names
