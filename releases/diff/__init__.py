"""What changes from one release to another, in the terms of those who run it: never lines of text."""

from releases.diff.change import Breaks, Change
from releases.diff.compare import compare

__all__ = ["Breaks", "Change", "compare"]
