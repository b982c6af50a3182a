"""Signs of life of processes that listen nowhere: a file each, whose time of change says until when it holds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path


def expect(folder: Path, names: Iterable[str]) -> None:
    """Waits for a sign of life of each of these, and of no other."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name in names:
        beat(folder, name, until=0)


def beat(folder: Path, name: str, *, until: float) -> None:
    """A sign of life that holds until then (seconds since the epoch): later than that, it hangs."""
    file = folder / name
    file.touch()
    os.utime(file, (until, until))


def alive(folder: Path) -> bool:
    """Whether every process that is expected has given a sign of life that still holds."""
    files = list(folder.iterdir()) if folder.is_dir() else []
    return bool(files) and all(file.stat().st_mtime >= time.time() for file in files)
