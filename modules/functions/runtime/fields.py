"""Reads typed values out of an event's JSON, and keeps every reason why one cannot be read.

By hand, not by pydantic: importing that takes longer than all else that a small function imports.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

from modules.functions.runtime.problems import Rejected

# Half a character, which JSON can escape and UTF-8 cannot hold.
_SURROGATE = re.compile("[\ud800-\udfff]")


class Fields:
    """The fields of one JSON object. A wrong one gives an empty value and a problem; `check` then raises."""

    def __init__(self, what: str, found: Any) -> None:
        self._what = what
        self._found: Mapping[str, Any] = found if isinstance(found, dict) else {}
        self.problems = [] if isinstance(found, dict) else [f"{what} is not an object"]

    def text(self, name: str, *, most: int, pattern: str | None = None, required: bool = True) -> str:
        """A string of at most `most` characters, which the pattern matches as a whole."""
        value = self._get(name, required)
        if value is None or (value == "" and not required):
            return ""
        if not isinstance(value, str) or not value.strip():
            self.problems.append(f"{name} is not a text")
        elif len(value) > most:
            self.problems.append(f"{name} has more than {most} characters")
        elif pattern and not re.fullmatch(pattern, value):
            self.problems.append(f"{name} does not match {pattern}")
        elif _SURROGATE.search(value):
            self.problems.append(f"{name} is not Unicode text")
        else:
            return value
        return ""

    def one_of(self, name: str, allowed: Collection[str], *, default: str | None = None) -> str:
        """One of a closed list of words."""
        value = self._get(name, default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or value not in allowed:
            self.problems.append(f"{name} is none of {', '.join(sorted(allowed))}")
            return ""
        return value

    def whole(self, name: str, *, least: int = 0) -> int:
        """A whole number."""
        value = self._get(name, True)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        if value is not None:
            self.problems.append(f"{name} is not a whole number of {least} or more")
        return least

    def moment(self, name: str) -> datetime:
        """A moment in ISO 8601 with its offset, in UTC."""
        value = self._get(name, True)
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            if value is not None:
                self.problems.append(f"{name} is not a moment with its offset, as 2025-02-03T08:00:00Z")
            return datetime.fromtimestamp(0, UTC)

    def day(self, name: str, *, default: date | None = None) -> date:
        """A day in ISO 8601."""
        value = self._get(name, default is None)
        if value is None:
            return default or date.min
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.problems.append(f"{name} is not a day, as 2025-02-03")
            return date.min

    def mapping(self, name: str) -> dict[str, Any]:
        """An object."""
        value = self._get(name, True)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.problems.append(f"{name} is not an object")
        return {}

    def sequence(self, name: str) -> list[Any]:
        """A list."""
        value = self._get(name, True)
        if isinstance(value, list):
            return value
        if value is not None:
            self.problems.append(f"{name} is not a list")
        return []

    def check(self) -> None:
        """Raises Rejected with all problems at once, if there were any."""
        if self.problems:
            raise Rejected(f"{self._what}: {'; '.join(self.problems)}")

    def _get(self, name: str, required: bool) -> Any:
        value = self._found.get(name)
        if value is None and required and isinstance(self._found, dict):
            self.problems.append(f"{name} is missing")
        return value
