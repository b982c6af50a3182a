"""How a function says no. The class names are what retries and catches of a state machine match."""

from __future__ import annotations

import traceback

from botocore.exceptions import ClientError


class Told(Exception):
    """A failure whose message holds nothing of the payload, so that it may be read where that may not be."""


class Rejected(Told):
    """An event that no later try can make good: it goes to the dead letters, with this reason.

    The reason names fields and rules, never values.
    """


class NotSetUp(Told):
    """The function's own configuration is wrong; events wait until somebody mends it."""


def reason(error: Exception) -> str:
    """Why something failed, in words that hold nothing of the payload."""
    if isinstance(error, Told):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, ClientError):
        return f"{error.operation_name} answered {error.response.get('Error', {}).get('Code')}"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno} of {frames[-1].filename}" if frames else ""
    return f"{type(error).__name__}{where}"
