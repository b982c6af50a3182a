"""Each provider by itself against the real server: make, look, drift, mend, remove.

The servers are versitygw and moto; what AWS itself would answer is not proven.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from environments.load import load
from environments.naming import tags
from modules import local_clients
from modules.catalog.local_database import DatabaseProvider
from modules.encryption.local_key import KeyProvider
from modules.events.local_bus import BusProvider, RuleProvider
from modules.events.local_queue import QueueProvider
from modules.events.local_topic import TopicProvider
from modules.local_file import FileProvider
from modules.local_provider import LocalProvider, Props, Refused
from modules.release.local_object import ObjectProvider
from modules.secrets.local_secret import SecretProvider
from modules.storage.local_bucket import BucketProvider
from modules.warehouse.local_duckdb import DuckDBProvider

TAGS = tags(load("local"))


@pytest.fixture(autouse=True)
def _default_chain(servers: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    local_clients._client.cache_clear()
    yield
    local_clients._client.cache_clear()


@dataclass(frozen=True)
class Case:
    """A thing, and what somebody might change about it behind Pulumi's back."""

    provider: LocalProvider
    wanted: Props
    drift: Callable[[Any, Props], object]
    """Called with the servers and what was made."""
    drifted: str
    before: tuple[tuple[LocalProvider, Props], ...] = field(default=())
    """What has to be there first."""


def bucket(name: str, **more: Any) -> Props:
    plain = {"versioned": True, "lock_days": 0, "policy": "", "tags": TAGS, "destroy_data": False}
    return {"name": name, **plain, **more}


PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::case-opened/*",
            }
        ],
    }
)
BUS = {"name": "case-bus", "archive": "case-archive", "archive_days": 30, "tags": TAGS}
QUEUE: Props = {
    "name": "case-queue",
    "key": "alias/case",
    "retention_seconds": 86400,
    "redrive_to": "",
    "deliveries": 0,
    "from_bus": "arn:aws:events:eu-west-1:123456789012:event-bus/case-bus",
    "tags": TAGS,
}
RULE: Props = {
    "name": "case-rule",
    "bus": "case-bus",
    "pattern": '{"detail-type": ["DataReady"]}',
    "target": "arn:aws:sqs:eu-west-1:123456789012:case-queue",
    "tags": TAGS,
}

CASES = {
    "bucket without versions": Case(
        BucketProvider(),
        bucket("case-versions"),
        lambda servers, made: servers.client("s3").put_bucket_versioning(
            Bucket="case-versions", VersioningConfiguration={"Status": "Suspended"}
        ),
        "versioned",
    ),
    "bucket whose lock was loosened": Case(
        BucketProvider(),
        bucket("case-locked", lock_days=3),
        lambda servers, made: servers.client("s3").put_object_lock_configuration(
            Bucket="case-locked",
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}},
            },
        ),
        "lock_days",
    ),
    "bucket opened to the public": Case(
        BucketProvider(),
        bucket("case-opened", versioned=False),
        lambda servers, made: servers.client("s3").put_bucket_policy(Bucket="case-opened", Policy=PUBLIC),
        "policy",
    ),
    "bucket with another tag": Case(
        BucketProvider(),
        bucket("case-tags", versioned=False),
        lambda servers, made: servers.client("s3").put_bucket_tagging(
            Bucket="case-tags", Tagging={"TagSet": [{"Key": "owner", "Value": "nobody"}]}
        ),
        "tags",
    ),
    "object overwritten": Case(
        ObjectProvider(),
        {
            "key": "a/b.json",
            "bucket": "case-objects",
            "content": "{}",
            "content_type": "application/json",
            "tags": TAGS,
        },
        lambda servers, made: servers.client("s3").put_object(
            Bucket="case-objects", Key="a/b.json", Body=b"no", ContentType="application/json"
        ),
        "content",
        before=((BucketProvider(), bucket("case-objects")),),
    ),
    "key without rotation": Case(
        KeyProvider(),
        {
            "name": "alias/case",
            "description": "case",
            "rotated": True,
            "deletion_window_days": 7,
            "tags": TAGS,
        },
        lambda servers, made: servers.client("kms").disable_key_rotation(KeyId=made["key_id"]),
        "rotated",
    ),
    "secret overwritten with rubbish": Case(
        SecretProvider(),
        {
            "name": "case-secret",
            "description": "case",
            "shape": "client_credentials",
            "key": "alias/case",
            "tags": TAGS,
            "destroy_data": False,
        },
        lambda servers, made: servers.client("secretsmanager").put_secret_value(
            SecretId="case-secret", SecretString="rubbish"
        ),
        "shape",
    ),
    "topic under another key": Case(
        TopicProvider(),
        {"name": "case-topic", "key": "alias/case", "tags": TAGS},
        lambda servers, made: servers.client("sns").set_topic_attributes(
            TopicArn=made["arn"], AttributeName="KmsMasterKeyId", AttributeValue="alias/other"
        ),
        "key",
    ),
    "queue that anybody may write to": Case(
        QueueProvider(),
        QUEUE,
        lambda servers, made: servers.client("sqs").add_permission(
            QueueUrl=made["url"], Label="all", AWSAccountIds=["111122223333"], Actions=["SendMessage"]
        ),
        "from_bus",
    ),
    "bus without archive": Case(
        BusProvider(),
        BUS,
        lambda servers, made: servers.client("events").delete_archive(ArchiveName="case-archive"),
        "archive_days",
    ),
    "rule switched off": Case(
        RuleProvider(),
        RULE,
        lambda servers, made: servers.client("events").disable_rule(
            Name="case-rule", EventBusName="case-bus"
        ),
        "pattern",
        before=((BusProvider(), BUS), (QueueProvider(), QUEUE)),
    ),
    "catalogue database elsewhere": Case(
        DatabaseProvider(),
        {
            "name": "case_db",
            "description": "case",
            "location": "s3://case",
            "tags": TAGS,
            "destroy_data": False,
        },
        lambda servers, made: servers.client("glue").update_database(
            Name="case_db",
            DatabaseInput={"Name": "case_db", "Description": "case", "LocationUri": "s3://other"},
        ),
        "location",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_thing_is_made_watched_mended_and_removed(case: Case, servers: Any) -> None:
    for provider, props in case.before:
        provider.create(props)
    provider, wanted = case.provider, case.wanted
    made = provider.create(wanted)
    assert made.outs is not None
    read = provider.read(made.id, made.outs)
    assert read.id == made.id
    assert read.outs == made.outs
    assert provider.diff(made.id, made.outs, wanted).changes is False
    # An `up` that was killed before it could note what it had made.
    assert provider.create(wanted).outs == made.outs

    case.drift(servers, made.outs)
    drifted = provider.read(made.id, made.outs).outs
    assert drifted is not None
    assert drifted[case.drifted] != wanted[case.drifted]
    assert provider.diff(made.id, drifted, wanted).changes is True
    mended = provider.update(made.id, drifted, wanted).outs
    assert mended is not None
    assert provider.diff(made.id, mended, wanted).changes is False

    provider.delete(made.id, mended)
    assert provider.read(made.id, mended).id == ""
    provider.delete(made.id, mended)
    for earlier, props in reversed(case.before):
        earlier.delete(str(props["name"]), props)


def test_a_bucket_of_somebody_else_is_not_taken_over(servers: Any) -> None:
    servers.client("s3").create_bucket(Bucket="case-foreign")
    with pytest.raises(Refused, match="case-foreign exists and is not ours"):
        BucketProvider().create(bucket("case-foreign"))


def test_an_object_lock_without_versions_is_refused_before_anything_is_made() -> None:
    checked = BucketProvider().check({}, bucket("case-check", versioned=False, lock_days=1))
    assert [failure.property for failure in checked.failures] == ["versioned"]


def test_a_bucket_is_removed_with_its_data_only_when_told(servers: Any) -> None:
    provider, s3 = BucketProvider(), servers.client("s3")
    outs = provider.create(bucket("case-full")).outs
    assert outs is not None
    for body in (b"1", b"2"):
        s3.put_object(Bucket="case-full", Key="a", Body=body)
    s3.delete_object(Bucket="case-full", Key="a")
    with pytest.raises(Refused, match="case-full holds data"):
        provider.delete("case-full", outs)
    provider.delete("case-full", {**outs, "destroy_data": True})
    assert provider.read("case-full", outs).id == ""


def test_a_removed_secret_can_be_taken_back_with_its_value() -> None:
    provider = SecretProvider()
    wanted = {**CASES["secret overwritten with rubbish"].wanted, "name": "case-back"}
    made = provider.create(wanted).outs
    assert made is not None
    provider.delete("case-back", made)
    assert provider.create(wanted).outs == made


def test_a_rotated_secret_is_no_drift(servers: Any) -> None:
    provider = SecretProvider()
    wanted = {**CASES["secret overwritten with rubbish"].wanted, "name": "case-rotated"}
    made = provider.create(wanted).outs
    assert made is not None
    new = json.dumps({"client_id": "new", "client_secret": "rotated"})
    servers.client("secretsmanager").put_secret_value(SecretId="case-rotated", SecretString=new)
    outs = provider.read("case-rotated", made).outs
    assert outs is not None
    assert provider.diff("case-rotated", outs, wanted).changes is False
    assert outs["value"] == new


def test_dead_letters_go_where_they_should(servers: Any) -> None:
    provider, sqs = QueueProvider(), servers.client("sqs")
    plain = {**QUEUE, "from_bus": "", "key": ""}
    letters = provider.create({**plain, "name": "case-letters"}).outs
    assert letters is not None
    work = provider.create({**plain, "name": "case-work", "redrive_to": letters["arn"], "deliveries": 1}).outs
    assert work is not None
    sqs.send_message(QueueUrl=work["url"], MessageBody="poison")
    for _ in range(2):
        sqs.receive_message(QueueUrl=work["url"], VisibilityTimeout=0)
    dead = sqs.receive_message(QueueUrl=letters["url"]).get("Messages", [])
    assert [message["Body"] for message in dead] == ["poison"]


def test_a_warehouse_keeps_its_tables_and_is_removed_only_when_told(tmp_path: Path) -> None:
    provider, file = DuckDBProvider(), tmp_path / "w" / "warehouse.duckdb"
    wanted = {"path": str(file), "schemas": ["sales"], "destroy_data": False}
    outs = provider.create(wanted).outs
    assert outs == wanted
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table sales.t as select 1")
        connection.execute("drop schema if exists other")
    more = {**wanted, "schemas": ["sales", "staging"]}
    found = provider.read(str(file), more).outs
    assert found is not None
    assert found["schemas"] == ["sales"]
    assert provider.update(str(file), found, more).outs == more
    with pytest.raises(Refused, match="holds 1 tables"):
        provider.delete(str(file), more)
    provider.delete(str(file), {**more, "destroy_data": True})
    assert not file.exists()


def test_a_warehouse_that_a_pipeline_is_writing_to_is_there(tmp_path: Path) -> None:
    provider, file = DuckDBProvider(), tmp_path / "warehouse.duckdb"
    wanted = {"path": str(file), "schemas": ["sales"], "destroy_data": False}
    provider.create(wanted)
    with FileLock(f"{file}.lock"):
        assert provider.read(str(file), wanted).outs == wanted


def test_a_damaged_warehouse_is_said_plainly(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(Refused, match="cannot be opened"):
        DuckDBProvider().read(str(file), {"path": str(file), "schemas": ["sales"]})


def test_a_file_that_was_edited_or_deleted_is_written_again(tmp_path: Path) -> None:
    provider, file = FileProvider(), tmp_path / "new" / "airflow.cfg"
    wanted = {"path": str(file), "content": "[core]\n"}
    outs = provider.create(wanted).outs
    assert outs == wanted
    file.write_text("[core]\nedited = yes\n")
    found = provider.read(str(file), wanted).outs
    assert found is not None
    assert provider.diff(str(file), found, wanted).changes is True
    provider.update(str(file), found, wanted)
    assert file.read_text() == "[core]\n"
    assert list(file.parent.iterdir()) == [file]
    file.unlink()
    assert provider.read(str(file), wanted).id == ""
