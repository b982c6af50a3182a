"""Which release this code belongs to. Read while DAG files are parsed: standard library only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORKSPACE = "workspace"
"""The release id of code that runs from a checkout."""


@dataclass(frozen=True)
class Release:
    """A release's id and the folder that it is unpacked in."""

    id: str
    root: Path

    @property
    def tag(self) -> str:
        """The DAG tag that names the release."""
        return f"release:{self.id}"


@cache
def current() -> Release:
    """The release that this file is part of; its id is the sha256 of `manifest.json` at its root."""
    return at(Path(__file__).resolve().parents[2])


def at(root: Path) -> Release:
    """The release unpacked in a folder; a checkout has no `manifest.json` and is called `workspace`."""
    try:
        manifest = (root / "manifest.json").read_bytes()
    except FileNotFoundError:
        return Release(WORKSPACE, root)
    digest = hashlib.sha256(manifest).hexdigest()
    # A release's folder may be named by a prefix of the digest; then that is the id people see.
    return Release(root.name if len(root.name) >= 8 and digest.startswith(root.name) else digest, root)
