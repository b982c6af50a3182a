"""A platform of real servers for the pipeline: versitygw, moto, the source sandbox; in temporary folders."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import pytest

from environments import places
from environments.manifest import (
    DuckDBWarehouse,
    Events,
    Orchestrator,
    PlatformManifest,
    Source,
    SparkSubmit,
    Zone,
)

REGION = "eu-west-1"
SECRET = "sluice-local-source-commerce"
CREDENTIALS = {"client_id": "pipelines", "client_secret": "only-for-this-test"}


@dataclass
class Platform:
    """The servers' addresses and what was made on them."""

    manifest: PlatformManifest
    s3: str
    aws: str
    source: str
    dead_letters: str
    announced: str

    def control(self, mode: str, seconds: float = 600) -> None:
        """Orders the sandbox to misbehave."""
        httpx.post(f"{self.source}/_control", json={"mode": mode, "seconds": seconds}).raise_for_status()

    def messages(self, queue: str) -> list[dict[str, object]]:
        """Takes all messages off a queue."""
        sqs = boto3.client("sqs", region_name=REGION)
        found = []
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            for message in batch:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], ready: str, log: Path, environment: dict[str, str]) -> Iterator[None]:
    """Runs a server until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=places.ROOT, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(ready, timeout=2)
                break
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{command[0]} did not start: {log.read_text()[-2000:]}") from None
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The three servers, and this process's environment pointing to them as the services' does."""
    folder = tmp_path_factory.mktemp("servers")
    s3, aws, source = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    sdk = {
        "AWS_ACCESS_KEY_ID": "sluice-test",
        "AWS_SECRET_ACCESS_KEY": "sluice-test-secret",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ALLOW_HTTP": "true",
    }
    environment = (
        os.environ
        | sdk
        | {"ROOT_ACCESS_KEY_ID": "sluice-test", "ROOT_SECRET_ACCESS_KEY": "sluice-test-secret"}
    )
    infra = places.VENVS / "infra" / "bin"
    (folder / "objects").mkdir()
    (folder / "versions").mkdir()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name, value in sdk.items():
            patch.setenv(name, value)
        versitygw = [
            str(places.BIN / "versitygw"),
            "--port",
            s3.removeprefix("http://"),
            "--region",
            REGION,
            "--quiet",
            "posix",
        ]
        versitygw += ["--versioning-dir", str(folder / "versions"), str(folder / "objects")]
        stack.enter_context(server(versitygw, s3, folder / "versitygw.log", environment))
        moto = [str(infra / "moto_server"), "-H", "127.0.0.1", "-p", aws.rsplit(":", 1)[1]]
        stack.enter_context(server(moto, f"{aws}/moto-api/", folder / "moto.log", environment))
        secrets = boto3.client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name=SECRET, SecretString=json.dumps(CREDENTIALS))
        sandbox = [str(infra / "python"), "-m", "services.sandbox", "--control"]
        sandbox += ["--port", source.rsplit(":", 1)[1], "--token-seconds", "2"]
        stack.enter_context(server(sandbox, f"{source}/healthz", folder / "sandbox.log", environment))
        yield {"s3": s3, "aws": aws, "source": source}


@pytest.fixture
def platform(servers: dict[str, str], tmp_path: Path) -> Iterator[Platform]:
    """A platform with empty zones, queues and warehouse, on the session's servers."""
    prefix = f"t{time.time_ns() // 1000}"
    s3, sqs, bus = (boto3.client(name, region_name=REGION) for name in ("s3", "sqs", "events"))
    for zone in [*Zone, "failover"]:
        s3.create_bucket(Bucket=f"{prefix}-{zone}", ObjectLockEnabledForBucket=zone == Zone.RAW)
    queues = {
        name: sqs.create_queue(QueueName=f"{prefix}-{name}")["QueueUrl"] for name in ("failed", "ready")
    }
    arn = sqs.get_queue_attributes(QueueUrl=queues["ready"], AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    bus.create_event_bus(Name=f"{prefix}-events")
    pattern = json.dumps({"detail-type": ["DataReady"]})
    bus.put_rule(Name=f"{prefix}-rule", EventBusName=f"{prefix}-events", EventPattern=pattern)
    bus.put_targets(Rule=f"{prefix}-rule", EventBusName=f"{prefix}-events", Targets=[{"Id": "1", "Arn": arn}])
    made = manifest(prefix, servers, queues, tmp_path)
    built = Platform(
        made, servers["s3"], servers["aws"], servers["source"], queues["failed"], queues["ready"]
    )
    built.control("healthy")
    yield built
    built.control("healthy")


def manifest(prefix: str, servers: dict[str, str], queues: dict[str, str], folder: Path) -> PlatformManifest:
    """The manifest of a test's platform."""
    jars = ":".join(str(jar) for jar in sorted(places.SPARK_JARS.glob("*.jar")))
    return PlatformManifest(
        project="sluice",
        environment="local",
        tier="local",
        cloud="local",
        region=REGION,
        failover_region="eu-central-1",
        zones={zone: f"s3://{prefix}-{zone}" for zone in Zone},
        failover_zones={Zone.RAW: f"s3://{prefix}-failover"},
        encryption_key="alias/none",
        spark=SparkSubmit(
            master="local[2]",
            conf={
                "spark.driver.extraClassPath": jars,
                "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
                "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
                "spark.hadoop.fs.s3a.endpoint": servers["s3"],
                "spark.hadoop.fs.s3a.endpoint.region": REGION,
                "spark.hadoop.fs.s3a.path.style.access": "true",
                "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
                "spark.ui.enabled": "false",
                "spark.sql.shuffle.partitions": "2",
            },
        ),
        warehouse=DuckDBWarehouse(database=str(folder / "warehouse" / "warehouse.duckdb")),
        catalog_database="sluice_local",
        secrets={},
        sources={"commerce": Source(base_url=servers["source"], secret=SECRET)},
        events=Events(
            bus=f"{prefix}-events",
            topics={},
            queues={"dead-letter": queues["failed"], "data-ready": queues["ready"]},
            dead_letter_queue=queues["failed"],
        ),
        orchestrator=Orchestrator(url="http://127.0.0.1:1", version="3.3.2"),
    )
