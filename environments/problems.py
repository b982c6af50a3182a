"""How Sluice says no: one exception that carries what happened, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """Exit codes of every `sluice` verb."""

    FINE = 0
    CHECK_SAID_NO = 1
    BAD_INPUT = 2
    UNAVAILABLE = 3


@dataclass(frozen=True)
class Location:
    """A place in a file; `line` counts from 1."""

    file: Path
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: what, where, and what to do about it."""

    what: str
    where: Location | None = None
    remedy: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.remedy}" if self.remedy else head


class Refusal(Exception):
    """Raised instead of a traceback when Sluice cannot go on; the command prints it and exits with its code."""

    def __init__(self, *problems: Problem, exit_code: Exit = Exit.BAD_INPUT) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
        self.exit_code = exit_code

    @classmethod
    def because(
        cls,
        what: str,
        *,
        where: Location | None = None,
        remedy: str = "",
        exit_code: Exit = Exit.BAD_INPUT,
    ) -> Refusal:
        """A refusal with a single problem."""
        return cls(Problem(what, where, remedy), exit_code=exit_code)
