"""The service of the functions, as the supervisor starts it, on the stack and the servers of the tests."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from environments import places
from services import pulse

_Found = TypeVar("_Found")


@dataclass
class RunningFunctions:
    """What a person can do around it, and see of it."""

    platform: Any
    output: Path
    process: subprocess.Popen[bytes]
    reason: str = ""
    """Of the message that was taken last."""

    def deliver(self, supplier: str, day: str, content: bytes) -> None:
        """Puts a sales file and its delivery note where suppliers do."""
        folder = f"landing/sales/supplier={supplier}/date={day}"
        noted = {
            "name": "a.csv",
            "sha256": hashlib.sha256(content).hexdigest(),
            "rows": content.count(b"\n") - 1,
        }
        self._put(f"{folder}/_delivery.json", json.dumps({"files": [noted]}).encode())
        self._put(f"{folder}/a.csv", content)

    def announce(self, kind: str, detail: dict[str, Any]) -> None:
        """Puts an event on the bus."""
        entry = {"EventBusName": "sluice-local-events", "Source": "tests", "DetailType": kind}
        answer = self._client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
        assert answer["FailedEntryCount"] == 0

    def message(self, queue: str) -> Any:
        """Waits for a message of a queue and takes it."""
        sqs, url = self._queue(queue)
        asked = {"QueueUrl": url, "MessageAttributeNames": ["All"]}
        message = self.until(lambda: (sqs.receive_message(**asked).get("Messages") or [None])[0])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
        return json.loads(message["Body"])

    def left(self, queue: str) -> int:
        """Messages of a queue, in flight or not."""
        sqs, url = self._queue(queue)
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(
            int(value) for name, value in found.items() if name.startswith("ApproximateNumberOfMessages")
        )

    def keys(self, zone: str, prefix: str) -> list[str]:
        """Objects of a zone."""
        listed = self._client("s3").list_objects_v2(Bucket=f"sluice-local-{zone}", Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def get(self, zone: str, key: str) -> bytes:
        """The bytes of an object."""
        return bytes(self._client("s3").get_object(Bucket=f"sluice-local-{zone}", Key=key)["Body"].read())

    def log(self) -> list[str]:
        """The lines that it has written."""
        return self.output.read_text().splitlines()

    def until(self, look: Callable[[], _Found | None]) -> _Found:
        """What a look finds in the end."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output.read_text()
            if found := look():
                return found
            time.sleep(0.2)
        raise AssertionError(f"nothing came:\n{self.output.read_text()}")

    def _put(self, key: str, content: bytes) -> None:
        self._client("s3").put_object(Bucket="sluice-local-raw", Key=key, Body=content)

    def _queue(self, name: str) -> tuple[Any, str]:
        sqs = self._client("sqs")
        return sqs, sqs.get_queue_url(QueueName=f"sluice-local-{name}")["QueueUrl"]

    def _client(self, service: str) -> Any:
        return self.platform.servers.client(service)


@contextmanager
def running_functions(platform: Any) -> Iterator[RunningFunctions]:
    """The service, ready; stopped at the end with all its processes."""
    output = platform.state / "functions.log"
    command = [str(places.venv_python("infra")), "-m", "services.run_functions"]
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=places.ROOT,
            env=platform.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = RunningFunctions(platform, output, process)
    try:
        running.until(lambda: pulse.alive(platform.state / "run" / "functions"))
        yield running
    finally:
        os.killpg(process.pid, 15)
        process.wait(20)
