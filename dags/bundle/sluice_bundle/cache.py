"""The unpacked releases on this machine: which is in use, which was good last, which may go."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from .manifest import is_release_id
from .unpack import LOCKS, TEMPORARY, is_whole, unpack_lock, verify

LAST_GOOD = ".last-good.json"
EMPTY = ".empty"

# Shared locks of the releases that this process uses, with the number of users; they end with the process.
_held: dict[Path, tuple[IO[str], int]] = {}
# Folders that this process has verified to the last byte.
_verified: set[Path] = set()

Guard = Callable[[str], AbstractContextManager[bool]]
"""Given a release id: a context that says whether nobody else needs that release."""


class ReleaseCache:
    """A folder of unpacked releases, shared by the processes of one machine."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self.source = source

    def path(self, release: str) -> Path:
        """Where a release is or will be."""
        return self.folder / release

    def empty(self) -> Path:
        """The folder to serve where nothing was ever shipped."""
        empty = self.folder / EMPTY
        empty.mkdir(parents=True, exist_ok=True)
        return empty

    def check(self, release: str) -> None:
        """To the last byte at this process's first use, cheaply afterwards.

        Raises:
            ReleaseDamaged: the release is not there or not as it must be.
        """
        folder = self.path(release)
        if folder in _verified and is_whole(folder, release):
            return
        _verified.discard(folder)
        verify(folder, release)
        _verified.add(folder)

    def hold(self, release: str) -> None:
        """Keeps the release from being pruned until as many calls of `drop`, or the process's end."""
        lock_path = self._use_lock(release)
        held = _held.get(lock_path)
        if held is not None:
            _held[lock_path] = (held[0], held[1] + 1)
            return
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_path.open("a")
        fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(lock_path)
        _held[lock_path] = (lock, 1)

    def drop(self, release: str) -> None:
        """Gives up what one `hold` took."""
        lock_path = self._use_lock(release)
        lock, users = _held.pop(lock_path, (None, 0))
        if lock is not None and users > 1:
            _held[lock_path] = (lock, users - 1)
        elif lock is not None:
            lock.close()

    def remember(self, release: str | None) -> None:
        """Records the last release that was served verified, for later processes."""
        record = json.dumps({"source": self.source, "release": release})
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=self.folder)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(record)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.folder / LAST_GOOD)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise

    def last_good(self) -> str | None:
        """The release that some process served last from this same store, if it is on record."""
        try:
            record = json.loads((self.folder / LAST_GOOD).read_text())
            release = record["release"] if record["source"] == self.source else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return release if isinstance(release, str) and is_release_id(release) else None

    def prune(self, keep: int, guard: Guard) -> list[str]:
        """Removes unpacked releases beyond the `keep` most recently used ones that nobody holds."""
        unpacked = [entry.name for entry in self.folder.iterdir() if is_release_id(entry.name)]
        unpacked.sort(key=self._last_use, reverse=True)
        last_good = self.last_good()
        return [
            release for release in unpacked[keep:] if release != last_good and self._remove(release, guard)
        ]

    def _remove(self, release: str, guard: Guard) -> bool:
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(self._use_lock(release).open("a"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stack.enter_context(unpack_lock(self.folder, release, wait=False))
                if not stack.enter_context(guard(release)):
                    return False
                # The rename takes it out of sight at once; a slow delete would leave half a release.
                doomed = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}{release}-", dir=self.folder))
                self.path(release).rename(doomed / release)
            except OSError:
                return False
            _verified.discard(self.path(release))
            shutil.rmtree(doomed, ignore_errors=True)
            return True

    def _use_lock(self, release: str) -> Path:
        return self.folder / LOCKS / f"{release}.use"

    def _last_use(self, release: str) -> float:
        for path in (self._use_lock(release), self.path(release)):
            with contextlib.suppress(OSError):
                return path.stat().st_mtime
        return 0.0


def never_needed_elsewhere(release: str) -> AbstractContextManager[bool]:
    """The guard of a cache that only this package uses."""
    return contextlib.nullcontext(True)
