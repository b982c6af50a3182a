"""`up` killed while it creates, and a whole life from up to destroy. Real engine, real servers."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_an_up_that_was_killed_in_the_middle_goes_on_when_run_again(new_platform: Callable[[], Any]) -> None:
    platform = new_platform()
    s3 = platform.servers.client("s3")
    process = platform.start("up", "--yes", "--skip-preview", "-s", "local", "--non-interactive")
    # Some of it is there, but not all; where exactly is left to chance.
    deadline = time.monotonic() + 120
    while not s3.list_buckets()["Buckets"]:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.5))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    platform.pulumi("cancel", "--yes", "-s", "local")
    platform.up()
    platform.pulumi("preview", "-s", "local", "--refresh", "--expect-no-changes")

    # Nothing holds data, so no switch is needed; what the stack itself wrote does not count.
    platform.pulumi("destroy", "--yes", "--skip-preview", "-s", "local")
    assert s3.list_buckets()["Buckets"] == []
    assert platform.servers.client("sqs").list_queues().get("QueueUrls", []) == []


def test_a_service_that_does_not_answer_is_said_without_a_traceback(new_platform: Callable[[], Any]) -> None:
    platform = new_platform()
    platform.servers.stop("aws")
    try:
        said = platform.pulumi("up", "--yes", "--skip-preview", "-s", "local", ok=False)
    finally:
        platform.servers.start_aws()
    assert "Could not connect to the endpoint URL" in said
    assert "./sluice status" in said
    assert "Traceback" not in said
