"""The part of the Amazon States Language that state machines here are written in, typed.

Source: states-language.net/spec.html; docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]

_INVOKE = "arn:aws:states:::lambda:invoke"


@dataclass(frozen=True)
class Retry:
    """Errors that are tried again: after `first_seconds`, then twice as long each time, each by a random part."""

    errors: tuple[str, ...]
    first_seconds: int
    attempts: int
    most_seconds: int

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {
            "ErrorEquals": list(self.errors),
            "IntervalSeconds": self.first_seconds,
            "MaxAttempts": self.attempts,
            "BackoffRate": 2,
            "MaxDelaySeconds": self.most_seconds,
            "JitterStrategy": "FULL",
        }


# Not the function's doing: bp-lambda-serviceexception.html of the Step Functions guide. `Lambda.Unknown` is a
# function that ran out of time or memory.
SERVICE_ERRORS = Retry(
    (
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.Unknown",
    ),
    first_seconds=2,
    attempts=6,
    most_seconds=60,
)


@dataclass(frozen=True)
class Invoke:
    """Calls a function. What it raises and no retry mends goes to `failed`, under `$.failure`."""

    function: str
    """Its ARN."""
    payload: Fields
    result: Fields
    """What is kept of its answer: a state may hold 256 KiB in all."""
    result_path: str | None
    """Where it is kept; None for in place of the input."""
    timeout_seconds: int
    retries: tuple[Retry, ...]
    failed: str
    next: str | None = None
    """The state after it; None where it is the last."""

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {
            "Type": "Task",
            "Resource": _INVOKE,
            "Parameters": {"FunctionName": self.function, "Payload": self.payload},
            "ResultSelector": self.result,
            **({"ResultPath": self.result_path} if self.result_path else {}),
            "TimeoutSeconds": self.timeout_seconds,
            "Retry": [retry.asl for retry in self.retries],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": self.failed}],
            **_after(self.next),
        }


@dataclass(frozen=True)
class ForEach:
    """Goes through a list, several at once, each by a machine of its own."""

    items: str
    item: Fields
    machine: Machine
    at_once: int
    result_path: str
    next: str | None = None

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {
            "Type": "Map",
            "ItemsPath": self.items,
            "ItemSelector": self.item,
            "MaxConcurrency": self.at_once,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **self.machine.asl},
            "ResultPath": self.result_path,
            **_after(self.next),
        }


@dataclass(frozen=True)
class Shape:
    """Gives what it has another shape."""

    output: Fields
    next: str | None = None

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {"Type": "Pass", "Parameters": self.output, **_after(self.next)}


@dataclass(frozen=True)
class Done:
    """The machine has done its work."""

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {"Type": "Succeed"}


@dataclass(frozen=True)
class Failed:
    """The machine has failed."""

    error: str
    cause: str

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {"Type": "Fail", "Error": self.error, "Cause": self.cause}


State = Invoke | ForEach | Shape | Done | Failed


@dataclass(frozen=True)
class Machine:
    """States by name; the first is where it starts."""

    states: Mapping[str, State]
    comment: str | None = None
    timeout_seconds: int | None = None

    @property
    def asl(self) -> Fields:
        """As the language has it."""
        return {
            **({"Comment": self.comment} if self.comment else {}),
            "StartAt": next(iter(self.states)),
            **({"TimeoutSeconds": self.timeout_seconds} if self.timeout_seconds else {}),
            "States": {name: state.asl for name, state in self.states.items()},
        }


def _after(following: str | None) -> Fields:
    return {"Next": following} if following else {"End": True}
