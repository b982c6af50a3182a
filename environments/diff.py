"""What differs between two environments, value by value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as File

from environments.load import Effective, origins


@dataclass(frozen=True)
class Difference:
    """One setting in which two environments differ; a side that does not have it is None."""

    path: str
    left: Effective | None
    right: Effective | None


def diff(left: str, right: str, *, folder: File | None = None) -> list[Difference]:
    """The settings in which two environments differ, in the order of the model.

    Raises:
        Refusal: there is no such environment, or its file is wrong.
    """
    ours, theirs = origins(left, folder=folder), origins(right, folder=folder)
    paths = [*ours, *(path for path in theirs if path not in ours)]
    return [
        Difference(path, ours.get(path), theirs.get(path))
        for path in paths
        if not _same(ours.get(path), theirs.get(path))
    ]


def _same(left: Effective | None, right: Effective | None) -> bool:
    # 1 equals True in Python, but not in an environment.
    return left is not None and right is not None and repr(left.value) == repr(right.value)
