"""The life of a local stack: each test goes on where the one before ended. Real engine, real servers.

Does not start Airflow: that it runs with the file written here is shown by the end-to-end tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments import places
from environments.manifest import PlatformManifest
from releases.build import build
from releases.ship import ship_release
from services.credentials import AIRFLOW_USER
from tests.integration.local_stack.functions_service import running_functions
from tests.scripted_airflow import scripted_airflow
from tests.toy_release import checkout, quiet

pytestmark = pytest.mark.slow

MOCKED = {
    "confidential-key", "internal-key", "restricted-key", "source-commerce", "bus", "data-ready-rule",
    "data-ready-topic", "failures-topic", "database",
    "data-ready-queue", "work-queue", "work-dead-letter-queue", "dead-letter-queue",
    "support-ticket-rule", "support-ticket-queue", "support-ticket-dead-letter-queue",
    "landing-check-rule", "landing-check-queue", "landing-check-dead-letter-queue",
    "sales-file-queue", "sales-file-dead-letter-queue",
}  # fmt: skip


SALES = b"""transaction_id,customer_id,sold_at,quantity,amount,currency
t-000001,c-00001,2025-02-03T10:00:00Z,1,10.50,EUR
t-000002,c-00001,2025-02-03T11:00:00Z,1,-10.50,EUR
"""


@pytest.fixture(scope="module")
def platform(new_platform: Callable[[], Any]) -> Any:
    return new_platform()


def client_secret(platform: Any) -> str:
    secrets = platform.servers.client("secretsmanager")
    value = secrets.get_secret_value(SecretId="sluice-local-source-commerce")["SecretString"]
    return str(json.loads(value)["client_secret"])


def test_the_first_up_makes_the_platform_and_the_next_preview_says_no_changes(platform: Any) -> None:
    platform.pulumi("preview", "-s", "local", "--refresh")
    assert set(platform.up().values()) == {"create"}
    platform.pulumi("preview", "-s", "local", "--refresh", "--expect-no-changes")


def test_the_manifest_is_output_and_object(platform: Any) -> None:
    said = platform.pulumi("stack", "output", "manifest", "--json", "-s", "local")
    stored = (
        platform.servers.client("s3")
        .get_object(Bucket="sluice-local-releases", Key="platform/manifest.json")["Body"]
        .read()
    )
    manifest = PlatformManifest.model_validate_json(stored)
    assert PlatformManifest.model_validate_json(said) == manifest
    assert duckdb.connect(manifest.warehouse.database, read_only=True).execute(
        "select count(*) from information_schema.schemata where schema_name in ('sales', 'staging_sales')"
    ).fetchone() == (2,)


def test_the_release_stack_ships_by_the_code_of_sluice_ship_and_sees_what_others_shipped(
    platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**platform.servers.environment, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    with scripted_airflow() as airflow, platform.with_airflow(airflow.url):
        airflow.username = AIRFLOW_USER
        ours, store = build(places.ROOT), "s3://sluice-local-releases"
        for file in ours.dag_files:
            airflow.serve(ours.id, file)
        platform.init("local-release")
        assert platform.up("local-release")["current"] == "create"
        assert pointer(store) == (ours.id, "ship")
        ship_release(checkout(platform.state / "another"), store, None, quiet)
        assert platform.up("local-release")["current"] == "update", "what was shipped otherwise is drift"
        assert pointer(store) == (ours.id, "ship")
        platform.pulumi("destroy", "--yes", "--skip-preview", "-s", "local-release")
        assert pointer(store) == (None, "destroy")
    s3, bucket = platform.servers.client("s3"), "sluice-local-releases"
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page["Versions"]:
            if not version["Key"].startswith("platform/"):
                s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def pointer(store: str) -> tuple[str | None, str]:
    found = ReleaseStore(ObjectStorage(store)).read_pointer()
    assert found
    return found.pointer.release, found.pointer.action


def test_a_data_ready_event_arrives_in_its_queue(platform: Any) -> None:
    entry = {
        "EventBusName": "sluice-local-events",
        "Source": "tests",
        "DetailType": "DataReady",
        "Detail": "{}",
    }
    answer = platform.servers.client("events").put_events(
        Entries=[entry, {**entry, "DetailType": "SomethingElse"}]
    )
    assert answer["FailedEntryCount"] == 0
    sqs = platform.servers.client("sqs")
    queue = sqs.get_queue_url(QueueName="sluice-local-data-ready")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["detail-type"] for message in messages] == ["DataReady"]


def test_functions_land_a_file_check_it_and_announce_it(platform: Any) -> None:
    with running_functions(platform) as functions:
        functions.deliver("north", "2025-02-03", SALES)
        functions.announce("LandingDue", {"supplier": "north", "date": "2025-02-03"})
        event = functions.message("data-ready")
        assert event["detail-type"] == "DataReady"
        assert event["detail"]["counts"] == {"files": 1, "rows": 2, "quarantined": 1}
        assert functions.keys("raw", "landing/") == [
            "landing/sales/supplier=north/date=2025-02-03/_delivery.json"
        ]
        assert len(functions.keys("curated", "sales_files/sale_date=2025-02-03/")) == 1
        assert len(functions.keys("quarantine", "sales_files/")) == 1
        (archived,) = functions.keys("archive", "sales_files/")
        assert functions.get("archive", archived) == SALES


def test_functions_keep_what_is_good_and_bury_what_is_bad_with_a_reason(platform: Any) -> None:
    ticket = {
        "ticket_id": "T-1", "customer_id": "c-00001", "created_at": "2025-02-03T08:00:00Z", "channel": "web",
        "subject": "Help",
    }  # fmt: skip
    with running_functions(platform) as functions:
        functions.announce("NewTicketCreated", {**ticket, "channel": "fax"})
        functions.announce("NewTicketCreated", ticket)
        letter = functions.message("support-ticket-dead-letter")
        assert letter["detail"]["channel"] == "fax"
        assert "channel is none of" in functions.reason
        functions.until(lambda: functions.keys("raw", "source=support/"))
        (key,) = functions.keys("raw", "source=support/")
        assert key.endswith("date=2025-02-03/T-1.json")
        # Its queue is drained; the log says so in JSON, without the tickets.
        assert functions.left("support-ticket") == 0
        said = [json.loads(line) for line in functions.log()]
        assert {"ready", "ticket kept", "dead letter"} <= {line["message"] for line in said}
        assert "Help" not in str(said)


def test_what_the_mock_server_forgot_is_healed_and_buckets_stay_untouched(platform: Any) -> None:
    s3 = platform.servers.client("s3")
    version = s3.put_object(Bucket="sluice-local-raw", Key="batch", Body=b"bytes")["VersionId"]
    platform.servers.restart_aws()
    platform.pulumi("preview", "-s", "local", "--refresh")
    assert platform.up() == dict.fromkeys(MOCKED, "create")
    assert s3.get_object(Bucket="sluice-local-raw", Key="batch", VersionId=version)["Body"].read() == b"bytes"
    platform.pulumi("preview", "-s", "local", "--refresh", "--expect-no-changes")


def test_drift_is_healed_where_it_is_and_nowhere_else(platform: Any) -> None:
    s3, sqs, kms = (platform.servers.client(name) for name in ("s3", "sqs", "kms"))
    s3.put_bucket_versioning(Bucket="sluice-local-curated", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object_lock_configuration(
        Bucket="sluice-local-raw",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    )
    sqs.untag_queue(QueueUrl=sqs.get_queue_url(QueueName="sluice-local-work")["QueueUrl"], TagKeys=["owner"])
    kms.disable_key_rotation(
        KeyId=kms.describe_key(KeyId="alias/sluice-local-encryption-internal")["KeyMetadata"]["KeyId"]
    )
    configuration = Path(platform.resource("airflow.cfg")["id"])
    before = configuration.read_text()
    configuration.write_text(before.replace("LocalExecutor", "SequentialExecutor"))

    drifted = ("curated", "raw", "work-queue", "internal-key", "airflow.cfg")
    assert platform.up() == dict.fromkeys(drifted, "update")
    assert configuration.read_text() == before
    assert s3.get_bucket_versioning(Bucket="sluice-local-curated")["Status"] == "Enabled"
    platform.pulumi("preview", "-s", "local", "--refresh", "--expect-no-changes")


def test_no_secret_is_in_clear_in_state_output_or_logs(platform: Any) -> None:
    platform.pulumi("refresh", "--yes", "--skip-preview", "--diff", "-s", "local")
    platform.said.append(platform.pulumi("stack", "export", "-s", "local"))
    secret = client_secret(platform)
    assert len(secret) >= 40
    assert all(secret not in said for said in platform.said)
    # The servers are the only ones that know it; moto keeps it in memory.
    files = [file for file in platform.state.rglob("*") if file.is_file()]
    assert platform.state_file in files
    assert [file for file in files if secret.encode() in file.read_bytes()] == []
    assert "ciphertext" in str(platform.resource("source-commerce")["outputs"]["value"])


def test_destroy_refuses_to_lose_data_and_says_what_to_do(platform: Any) -> None:
    said = platform.pulumi("destroy", "--yes", "--skip-preview", "-s", "local", ok=False)
    # The engine stops at the first that refuses; which of those with data that is, is by chance.
    assert re.search(
        r"bucket sluice-local-(raw|curated|archive|quarantine) holds data and is not removed", said
    )
    assert "sluice:destroyData" in said
    assert "Traceback" not in said
    assert platform.servers.client("s3").head_object(Bucket="sluice-local-raw", Key="batch")


def test_locked_objects_survive_even_the_switch(platform: Any) -> None:
    platform.pulumi("config", "set", "sluice:destroyData", "true", "-s", "local")
    platform.up()
    said = platform.pulumi("destroy", "--yes", "--skip-preview", "-s", "local", ok=False)
    assert "bucket sluice-local-raw holds locked objects" in said
    names = [b["Name"] for b in platform.servers.client("s3").list_buckets()["Buckets"]]
    # The engine stops at the first refusal; which of the other buckets went before it differs.
    assert "sluice-local-raw" in names
