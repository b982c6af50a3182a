"""The event functions: how long they take to start, how large they are, how many events they handle; never asserts.

Start: a fresh interpreter that imports the archive's sources, against one that imports boto3 alone, which every
function needs. Events: batches of ten against a moto server, whose own time is in the figure; `sales-file` in rows.

    .sluice/venvs/infra/bin/python tests/bench/functions.py [--repeat 5] [--events 200] [--rows 100000]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

from environments.problems import Refusal  # noqa: E402
from modules.functions import package, sources  # noqa: E402
from modules.functions.catalogue import FUNCTIONS  # noqa: E402
from modules.functions.handlers.landing_check.handler import handler as landing_check  # noqa: E402
from modules.functions.handlers.sales_file.handler import handler as sales_file  # noqa: E402
from modules.functions.handlers.support_ticket.handler import handler as support_ticket  # noqa: E402
from tests.unit.functions.payloads import bus_event, object_created, sqs_batch  # noqa: E402

ZONES = ("raw", "curated", "quarantine", "archive", "errors")
FOLDER = "landing/sales/supplier=north/date=2025-02-03"


def started(code: str, folder: Path, repeat: int) -> float:
    """Median seconds from the start of an interpreter to the end of an import, beyond the interpreter's own."""

    def once(text: str) -> float:
        since = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", text], cwd=folder, check=True)
        return time.perf_counter() - since

    once(code)  # so that the files are in the disk's cache for all
    empty = statistics.median(once("pass") for _ in range(repeat))
    return statistics.median(once(code) for _ in range(repeat)) - empty


def starts(repeat: int) -> None:
    """A line for each function: import and size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = started("import boto3", folder, repeat)
        print(f"import boto3 alone: {alone:.2f} s")
        for handler in sources.known(ROOT):
            for path, data in sources.collect(ROOT, handler, None).items():
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            module = package.entry(handler).rpartition(".")[0]
            seconds = started(f"import sys; sys.path.insert(0, '.'); import {module}", folder, repeat)
            try:
                built = package.build(handler)
                size = f"{len(built.content) / 2**20:6.2f} MiB zipped, {built.unzipped / 2**20:6.2f} unzipped"
            except Refusal as refusal:
                size = f"not built: {refusal.problems[0].what}"
            print(f"{handler:22} import {seconds:.2f} s, {seconds / alone:.2f} x boto3; {size}")


def prepare(address: str) -> Any:
    """Buckets, bus and settings; the client of storage."""
    told = {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    os.environ.update(told | {"AWS_DEFAULT_REGION": "eu-west-1", "BUS": "bench", "PROJECT": "bench"})
    os.environ.update({"DELIVERIES": "5", "DEAD_LETTERS": "none"})
    s3 = boto3.client("s3")
    for zone in ZONES:
        s3.create_bucket(
            Bucket=f"bench-{zone}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        os.environ.update(
            {f"{zone.upper()}_ZONE": f"s3://bench-{zone}", f"{zone.upper()}_KEY": "alias/bench"}
        )
    boto3.client("events").create_event_bus(Name="bench")
    return s3


def timed(name: str, count: int, unit: str, work: Callable[[], Any]) -> None:
    """Runs it once and prints its rate."""
    since = time.perf_counter()
    work()
    seconds = time.perf_counter() - since
    print(f"{name:22} {count} {unit} in {seconds:.2f} s: {count / seconds:.0f} a second")


def events(count: int, rows: int) -> None:
    """A line for each function: events or rows per second, and what it takes when they come again."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        s3 = prepare(f"http://{host}:{port}")
        tickets = [bus_event("NewTicketCreated", ticket(number)) for number in range(count)]
        batches = [sqs_batch(*tickets[start : start + 10]) for start in range(0, count, 10)]
        for again in ("", ", again"):
            timed(f"support-ticket{again}", count, "tickets", lambda: [all_done(one) for one in batches])
        content = sales(rows)
        etag = s3.put_object(Bucket="bench-raw", Key=f"{FOLDER}/a.csv", Body=content)["ETag"]
        landed = object_created("bench-raw", f"{FOLDER}/a.csv", etag)
        timed("sales-file", rows, "rows", lambda: sales_file(landed, None))
        timed("sales-file, again", 1, "event", lambda: sales_file(landed, None))
        noted = {"name": "a.csv", "sha256": hashlib.sha256(content).hexdigest(), "rows": rows}
        note = json.dumps({"files": [noted]}).encode()
        s3.put_object(Bucket="bench-raw", Key=f"{FOLDER}/_delivery.json", Body=note)
        due = bus_event("LandingDue", {"supplier": "north", "date": "2025-02-03"})
        timed("landing-check", rows, "rows", lambda: landing_check(due, None))
    finally:
        server.stop()


def all_done(batch: dict[str, Any]) -> None:
    """One batch of tickets, none of which may fail."""
    answer = support_ticket(batch, None)
    if answer["batchItemFailures"]:
        raise SystemExit("a ticket failed: the figure would be of something else")


def ticket(number: int) -> dict[str, str]:
    """A ticket as they come."""
    return {
        "ticket_id": f"T-{number}", "customer_id": "c-00001", "created_at": "2025-02-03T08:00:00Z",
        "channel": "web", "subject": "Two invoices for one order", "text": "Good morning. " * 40,
    }  # fmt: skip


def sales(rows: int) -> bytes:
    """A file of a week's sales, one row in a hundred of which is negative."""
    lines = ["transaction_id,customer_id,sold_at,quantity,amount,currency"]
    for number in range(rows):
        day, sign = 28 + number % 4, "-" if number % 100 == 0 else ""
        lines.append(
            f"t-{number:08d},c-{number % 9999:05d},2025-01-{day}T08:00:00Z,1,{sign}{number % 500}.99,EUR"
        )
    return "\n".join(lines).encode()


def main() -> int:
    """Runs both parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--rows", type=int, default=100_000)
    chosen = parser.parse_args()
    # What the server says of each request, and the functions of each event.
    logging.disable(logging.ERROR)
    print(f"functions of the catalogue: {', '.join(function.name for function in FUNCTIONS)}")
    starts(chosen.repeat)
    events(chosen.events, chosen.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
