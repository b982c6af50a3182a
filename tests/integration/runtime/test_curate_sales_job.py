"""The job as the pipeline runs it: real spark-submit processes against a real S3 server (versitygw).

Not proven here: that AWS's S3 replaces an object atomically (its documentation says so), and speed.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import BotoCoreError

from environments.places import BIN, ROOT, SPARK_JARS, venv_python

pytestmark = [pytest.mark.runtime, pytest.mark.slow]

REGION = "eu-west-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "test-secret"}
MONDAY, TUESDAY, WEDNESDAY = "2025-02-10", "2025-02-11", "2025-02-12"


@dataclass
class Site:
    """A running S3 server with the zones, and the job against it."""

    endpoint: str
    s3: Any

    def put(self, key: str, body: Any) -> str:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.s3.put_object(Bucket="test-raw", Key=key, Body=data)
        return f"s3://test-raw/{key}"

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="test-curated", Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in listed if not entry["Key"].endswith("/")]

    def day(self, table: str, day: str) -> list[dict[str, Any]] | None:
        """The rows of one day, in their order; None when there is no such partition."""
        keys = self.keys(f"{table}/sale_date={day}/")
        if not keys:
            return None
        (key,) = keys
        body = self.s3.get_object(Bucket="test-curated", Key=key)["Body"].read()
        rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(body)).to_pylist()
        return rows

    def submit(
        self, table: str, start: str, end: str, *, run_id: str, **inputs: str
    ) -> subprocess.CompletedProcess[str]:
        summary = f"s3://test-curated/summaries/{run_id}.json"
        command = [str(venv_python("runtime").parent / "spark-submit"), "--master", "local[1]"]
        for key, value in self.conf().items():
            command += ["--conf", f"{key}={value}"]
        command += [str(ROOT / "spark/jobs/curate_sales.py"), "--output", f"s3://test-curated/{table}"]
        command += [
            "--interval-start",
            start,
            "--interval-end",
            end,
            "--run-id",
            run_id,
            "--summary",
            summary,
        ]
        for name, uri in inputs.items():
            command += [f"--{name}", uri]
        env = {**os.environ, **CREDENTIALS, "PYSPARK_PYTHON": str(venv_python("runtime"))}
        return subprocess.run(
            command, env=env, cwd="/", capture_output=True, text=True, timeout=180, check=False
        )

    def conf(self) -> dict[str, str]:
        return {
            "spark.driver.extraClassPath": os.pathsep.join(
                str(jar) for jar in sorted(SPARK_JARS.glob("*.jar"))
            ),
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
            "spark.hadoop.fs.s3a.endpoint": self.endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": REGION,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.enabled": "false",
            "spark.log.level": "WARN",
        }

    def summary(self, run_id: str) -> dict[str, Any]:
        body = self.s3.get_object(Bucket="test-curated", Key=f"summaries/{run_id}.json")["Body"].read()
        found: dict[str, Any] = json.loads(body)
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root, versions = tmp_path_factory.mktemp("objects"), tmp_path_factory.mktemp("versions")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    env = {**os.environ, "ROOT_ACCESS_KEY_ID": "test-key", "ROOT_SECRET_ACCESS_KEY": "test-secret"}
    command = [str(BIN / "versitygw"), "--port", address, "--region", REGION, "--quiet"]
    server = subprocess.Popen([*command, "posix", "--versioning-dir", str(versions), str(root)], env=env)
    try:
        s3 = boto3.client(
            "s3",
            endpoint_url=f"http://{address}",
            region_name=REGION,
            aws_access_key_id="test-key",
            aws_secret_access_key="test-secret",
        )
        _wait(s3)
        for bucket in ("test-raw", "test-curated"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made = Site(f"http://{address}", s3)
        made.put("customers/page-1.json", {"data": [_customer("c-1", "DE"), _customer("c-2", "US")]})
        for day, usd in ((MONDAY, "1.0309"), (TUESDAY, "1.0324")):
            made.put(f"ecb/eurofxref-{day}.csv", f"Date, USD, JPY, \n{day}, {usd}, N/A, \n".encode())
        yield made
    finally:
        server.terminate()
        server.wait(10)


def _wait(s3: Any) -> None:
    for _ in range(100):
        try:
            s3.list_buckets()
            return
        except BotoCoreError:
            time.sleep(0.1)
    raise AssertionError("versitygw does not answer")


def _customer(name: str, country: str) -> dict[str, str]:
    return {"customer_id": name, "country": country, "updated_at": "2025-01-01T00:00:00Z"}


def _sale(
    number: int, day: str, amount: str = "11.77", currency: str = "USD", customer: str = "c-1"
) -> dict[str, Any]:
    moment = f"{day}T10:00:00Z"
    return {
        "transaction_id": f"t-{number}",
        "customer_id": customer,
        "purchased_at": moment,
        "quantity": 1,
        "amount": amount,
        "currency": currency,
        "updated_at": moment,
    }


INPUTS = {"customers": "s3://test-raw/customers/", "rates": "s3://test-raw/ecb/*.csv", "quarantine": "-"}


def test_the_same_day_twice_gives_identical_rows_and_accounts(site: Site, tmp_path: Path) -> None:
    first = site.put(
        "a/page-1.json", {"data": [_sale(1, MONDAY), _sale(2, MONDAY, "5.00", "EUR")], "next_cursor": "x"}
    )
    border = _sale(2, MONDAY, "5.00", "EUR")
    second = site.put(
        "a/page-2.json", {"data": [border, _sale(3, MONDAY, "-1"), _sale(4, MONDAY, customer="c-9")]}
    )
    pq.write_table(
        pa.table({"page": ["page-2.json"], "position": [1], "reason": ["negative"]}), tmp_path / "q"
    )
    aside = site.put("a/quarantine.parquet", (tmp_path / "q").read_bytes())
    inputs = {**INPUTS, "quarantine": aside, "transactions": f"{first},{second}"}
    seen = []
    for _ in range(2):
        done = site.submit("a/sales", MONDAY, TUESDAY, run_id="manual__2025-02-10T00:00:00+00:00", **inputs)
        assert done.returncode == 0, done.stderr
        seen.append((site.day("a/sales", MONDAY), site.summary("manual__2025-02-10T00:00:00+00:00")))
    assert seen[0] == seen[1]
    day, summary = seen[0]
    assert day is not None
    rows = {row["transaction_id"]: (row["country"], row["amount_eur"]) for row in day}
    assert rows == {
        "t-1": ("DE", Decimal("11.42")),
        "t-2": ("DE", Decimal("5.00")),
        "t-4": (None, Decimal("11.42")),
    }
    counts = {
        name: summary[name] for name in ("read", "quarantined", "duplicates", "curated", "unknown_customers")
    }
    assert counts == {"read": 5, "quarantined": 1, "duplicates": 1, "curated": 3, "unknown_customers": 1}
    assert (summary["sums"], summary["sums_eur"]) == ({"EUR": "5.00", "USD": "23.54"}, "27.84")


def test_two_days_at_once_lose_nothing_and_a_third_day_stays(site: Site) -> None:
    days = {MONDAY: range(0, 300), TUESDAY: range(300, 650)}
    sources = {
        day: site.put(f"b/{day}/page-1.json", {"data": [_sale(number, day) for number in numbers]})
        for day, numbers in days.items()
    }
    site.s3.put_object(
        Bucket="test-curated", Key=f"b/sales/sale_date={WEDNESDAY}/part-00000.snappy.parquet", Body=b"x"
    )

    def run(day: str, end: str) -> subprocess.CompletedProcess[str]:
        return site.submit("b/sales", day, end, run_id=f"day-{day}", transactions=sources[day], **INPUTS)

    with ThreadPoolExecutor() as both:
        for done in both.map(run, (MONDAY, TUESDAY), (TUESDAY, WEDNESDAY)):
            assert done.returncode == 0, done.stderr
    for day, numbers in days.items():
        found = site.day("b/sales", day)
        assert found is not None
        assert {row["transaction_id"] for row in found} == {f"t-{number}" for number in numbers}
    assert len(site.keys("b/sales/")) == 3
    assert site.keys("b/_staging/") == []


def test_a_day_that_lost_its_rows_loses_its_partition_and_bad_input_changes_nothing(site: Site) -> None:
    before = site.put("c/before/page-1.json", {"data": [_sale(1, MONDAY), _sale(2, TUESDAY)]})
    done = site.submit("c/sales", MONDAY, WEDNESDAY, run_id="before", transactions=before, **INPUTS)
    assert done.returncode == 0, done.stderr
    old = site.day("c/sales", MONDAY)
    assert old and site.day("c/sales", TUESDAY)

    wrong = site.put("c/wrong/page-1.json", {"data": [_sale(1, MONDAY), _sale(2, TUESDAY, currency="JPY")]})
    done = site.submit("c/sales", MONDAY, WEDNESDAY, run_id="wrong", transactions=wrong, **INPUTS)
    assert done.returncode == 2
    assert "curate_sales: no ECB rate for JPY" in done.stdout and TUESDAY in done.stdout
    assert "Traceback" not in done.stdout
    assert site.day("c/sales", MONDAY) == old and site.day("c/sales", TUESDAY)
    assert site.keys("c/_staging/") == [] and site.keys("summaries/wrong") == []

    after = site.put("c/after/page-1.json", {"data": [_sale(1, MONDAY)]})
    done = site.submit("c/sales", MONDAY, WEDNESDAY, run_id="before", transactions=after, **INPUTS)
    assert done.returncode == 0, done.stderr
    assert site.day("c/sales", MONDAY) == old
    assert site.day("c/sales", TUESDAY) is None
    assert site.summary("before")["partitions"] == {MONDAY: 1, TUESDAY: 0}
