"""Object names made of ids that people and schedulers choose."""

from __future__ import annotations

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def slug(text: str) -> str:
    """A text as one part of an object name: ids such as `manual__2025-02-03T00:00:00+00:00` have `:` and `+`.

    Where characters had to go, a short hash keeps two different ids apart.
    """
    safe = _UNSAFE.sub("-", text).strip("-.")
    return safe if safe == text else f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
