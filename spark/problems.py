"""How a job says that its data is wrong; an entry point prints it without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException

# Spark's error conditions that mean: the input is not what it should be.
RAISED = "USER_RAISED_EXCEPTION"
NOT_JSON = "MALFORMED_RECORD_IN_PARSING"
NOT_THERE = "PATH_NOT_FOUND"


class BadData(Exception):
    """The data or the arguments are wrong, so running again will not help. One line per problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def explain(error: Exception) -> str | None:
    """What is wrong with the input, if that is what made Spark fail; null for any other fault."""
    found = {condition.split(".")[0]: parameters for condition, parameters in _conditions(error)}
    if RAISED in found:
        return found[RAISED].get("errorMessage", RAISED)
    if NOT_JSON in found:
        return f"{found.get('FAILED_READ_FILE', {}).get('path', 'a page')} is not the JSON of a page"
    if NOT_THERE in found:
        return f"nothing there: {found[NOT_THERE].get('path')}"
    return None


def _conditions(error: Exception) -> Iterator[tuple[str, dict[str, str]]]:
    """Spark's conditions and their parameters, from the error down to its first cause."""
    if isinstance(error, PySparkException):
        yield error.getCondition() or "", dict(error.getMessageParameters() or {})
    cause: Any = error.java_exception if isinstance(error, Py4JJavaError) else getattr(error, "_origin", None)
    while cause is not None:
        # Only Spark's own exceptions have a condition; of others, py4j refuses to ask.
        with suppress(Py4JError):
            yield cause.getCondition() or "", dict(cause.getMessageParameters())
        cause = cause.getCause()
