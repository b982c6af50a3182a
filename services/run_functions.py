"""`python -m services.run_functions`: runs the functions of this machine, each in a process of its own.

As on AWS, a function sees its own settings and no other's, is stopped when it takes too long, and is handed its
messages again when it fails. When one of the processes ends, all do, and the supervisor starts them anew.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import wait
from typing import Any

from environments.local_functions import LocalFunction, LocalFunctionsFile
from environments.problems import Refusal
from services import pulse
from services.processes import PULSES

# Seconds between two looks at an empty queue or folder: soon enough for a person, cheap for the mock AWS.
_IDLE = 1.0
# Seconds within which a look must end: three times what the clients wait.
_LOOK = 15.0

log = logging.getLogger("services.run_functions")

# Looks once; how much there was to do.
Turn = Callable[[], int]


class JsonLines(logging.Formatter):
    """A line of JSON for each record, as Lambda's own format has it: what is told beside the message included."""

    _ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def __init__(self, function: str) -> None:
        super().__init__()
        self._function = function

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        told = {name: value for name, value in vars(record).items() if name not in self._ORDINARY}
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "function": self._function,
            "message": record.getMessage(),
            **told,
        }
        return json.dumps(line, default=str)


def main() -> int:
    """Runs until one of the processes ends; never well, since none should."""
    try:
        functions = LocalFunctionsFile.load().functions
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return int(refusal.exit_code)
    work: dict[str, Callable[[], Turn]] = {}
    for function in functions:
        work[function.name] = partial(_queue, function)
        if function.watched:
            work[f"{function.name}-landing"] = partial(_watch, function)
    pulse.expect(PULSES, work)
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_repeat, args=(name, begin), name=name, daemon=True)
        for name, begin in work.items()
    ]
    for process in processes:
        process.start()
    wait([process.sentinel for process in processes])
    for process in processes:
        process.terminate()
    return 1


def _queue(function: LocalFunction) -> Turn:
    from services.function_queue import FunctionQueue

    os.environ.update(function.environment)
    queue = FunctionQueue.of(function, _client("sqs"))

    def turn() -> int:
        pulse.beat(PULSES, function.name, until=time.time() + _LOOK + function.timeout_seconds)
        return queue.turn()

    return turn


def _watch(function: LocalFunction) -> Turn:
    from services.landing_watch import LandingWatch

    assert function.watched
    return LandingWatch(function, function.watched, _client("s3"), _client("sqs")).turn


def _repeat(name: str, begin: Callable[[], Turn]) -> None:
    """Takes turns for ever. While a service does not answer there is no sign of life, but it goes on trying."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(name))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # boto3 tells of every credential that it finds.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    turn = begin()
    log.info("ready")
    said = ""
    while True:
        try:
            some = turn()
        # What a service answers while it starts, stops or has forgotten its queues.
        except Exception as error:
            pulse.beat(PULSES, name, until=0)
            if said != type(error).__name__:
                said = type(error).__name__
                log.warning("waiting for a service", extra={"error": said})
            some = 0
        else:
            said = ""
            pulse.beat(PULSES, name, until=time.time() + _LOOK)
        if not some:
            time.sleep(_IDLE)


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    make: Any = boto3.client
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
    return make(service, config=config)


if __name__ == "__main__":
    sys.exit(main())
