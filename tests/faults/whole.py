"""Whether an unpacked release is whole, judged without any of the code that is on trial: standard library only."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def broken(folder: Path, release: str) -> str | None:
    """What is wrong with it; None where every byte is as its id says."""
    try:
        manifest = (folder / "manifest.json").read_bytes()
        if hashlib.sha256(manifest).hexdigest() != release:
            return "the manifest is not the one that the release's id names"
        files = json.loads(manifest)["files"]
        there = {
            file.relative_to(folder).as_posix()
            for file in folder.rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        if there != {*files, "manifest.json"}:
            return f"other files than the manifest names: {sorted(there ^ {*files, 'manifest.json'})[:3]}"
        for path, digest in files.items():
            if hashlib.sha256((folder / path).read_bytes()).hexdigest() != digest["sha256"]:
                return f"{path} has other bytes than the manifest names"
    except (OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return None
