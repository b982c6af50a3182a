"""What we correct of moto is what AWS documents, and moto still needs it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.iam.access_control import PermissionResult

from policies.rehearsal.moto_corrections import LOG_DELIVERY, backup_tags, may_write_logs, permission

NAME = "logs"
KEYS: Any = {"aws_access_key_id": "mock", "aws_secret_access_key": "mock"}
DENY_ALL = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def allow(**changed: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": LOG_DELIVERY},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{NAME}/*",
        **changed,
    }


def bucket(*statements: dict[str, Any]) -> Any:
    policy = json.dumps({"Statement": list(statements)}).encode() if statements else None
    return SimpleNamespace(policy=policy, partition="aws", name=NAME)


@pytest.mark.parametrize(
    "statements",
    [
        [allow()],
        [DENY_ALL, allow()],
        [allow(Action=["s3:PutObject", "s3:GetObject"])],
        [allow(Principal={"Service": [LOG_DELIVERY, "other.amazonaws.com"]})],
        [allow(Resource=[f"arn:aws:s3:::{NAME}/other/*", f"arn:aws:s3:::{NAME}/raw/*"])],
    ],
)
def test_a_policy_that_lets_the_log_service_write_is_taken(statements: list[dict[str, Any]]) -> None:
    assert may_write_logs(bucket(*statements), "raw/")


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [DENY_ALL],
        [allow(Effect="Deny")],
        [allow(Principal={"Service": "other.amazonaws.com"})],
        [allow(Principal="*")],
        [allow(Action="s3:GetObject")],
        [allow(Resource=f"arn:aws:s3:::{NAME}/other/*")],
        [allow(Resource="arn:aws:s3:::another/*")],
    ],
)
def test_a_policy_that_does_not_is_refused(statements: list[dict[str, Any]]) -> None:
    assert not may_write_logs(bucket(*statements), "raw/")


def test_moto_still_fails_on_a_principal_that_is_no_object() -> None:
    from moto.s3.models import FakeBucket

    with pytest.raises(AttributeError):
        FakeBucket._log_permissions_enabled_policy(bucket(DENY_ALL, allow()), "raw/")


def test_the_tags_of_a_vault_are_found_with_and_without_a_slash_and_motos_only_with_one() -> None:
    from moto.backup.responses import BackupResponse

    arn = "arn:aws:backup:eu-west-1:111122223333:backup-vault:x"
    backend = SimpleNamespace(list_tags=lambda resource_arn: {"of": resource_arn})
    for path in (f"/tags/{arn}", f"/tags/{arn}/"):
        response: Any = SimpleNamespace(path=path, backup_backend=backend)
        assert json.loads(backup_tags(response)) == {"Tags": {"of": arn}}
    response = SimpleNamespace(path=f"/tags/{arn}", backup_backend=backend)
    assert json.loads(BackupResponse.list_tags(response)) != {"Tags": {"of": arn}}


def test_moto_still_gives_a_replica_the_first_keys_aliases_and_no_tags() -> None:
    with mock_aws():
        here, there = (boto3.client("kms", region, **KEYS) for region in ("eu-west-1", "eu-central-1"))
        key = here.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        here.create_alias(AliasName="alias/x", TargetKeyId=key)
        tag = {"TagKey": "a", "TagValue": "b"}
        here.replicate_key(KeyId=key, ReplicaRegion="eu-central-1", Tags=[tag], Description="copy")
        assert there.list_resource_tags(KeyId=key)["Tags"] == []
        assert there.describe_key(KeyId=key)["KeyMetadata"]["Description"] == ""
        with pytest.raises(there.exceptions.AlreadyExistsException):
            there.create_alias(AliasName="alias/x", TargetKeyId=key)
        # Whoever asks for the copy first turns the first key into one.
        configuration = here.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
        assert configuration["MultiRegionKeyType"] == "REPLICA"


def test_moto_still_cannot_be_asked_for_a_budgets_tags_and_subscribers() -> None:
    from moto.budgets.responses import BudgetsResponse

    assert not {"list_tags_for_resource", "describe_subscribers_for_notification"} & set(dir(BudgetsResponse))


ONLY_TLS = {**DENY_ALL, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def test_a_denial_with_a_condition_denies_nothing_and_one_without_denies() -> None:
    asked = ("s3:PutObject", f"arn:aws:s3:::{NAME}/x")
    assert permission(bucket(), *asked) is PermissionResult.NEUTRAL
    assert permission(bucket(ONLY_TLS), *asked) is PermissionResult.NEUTRAL
    assert permission(bucket(ONLY_TLS, DENY_ALL), *asked) is PermissionResult.DENIED


def test_moto_still_denies_whatever_the_condition() -> None:
    from moto.s3.models import FakeBucket

    asked = ("s3:PutObject", f"arn:aws:s3:::{NAME}/x")
    assert FakeBucket.get_permission(bucket(ONLY_TLS), *asked) is PermissionResult.DENIED
