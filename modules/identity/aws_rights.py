"""What the rights of a workload are on AWS: statements on named buckets, prefixes, secrets, keys and functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulumi import Input, Output

from environments.manifest import Zone
from environments.model import Environment
from environments.vocabulary import DataClass
from modules.identity.aws_backup_rights import EXTRAS
from modules.identity.spec import Access, Grants, Right, Workload, copy_keys_used, keys_used

_READ = ("s3:GetObject", "s3:GetObjectVersion")
_ADD = ("s3:AbortMultipartUpload", *_READ, "s3:PutObject")
OBJECT_ACTIONS: Mapping[Right, tuple[str, ...]] = {
    Right.READ: _READ,
    Right.ADD: _ADD,
    Right.REPLACE: (*_ADD, "s3:DeleteObject"),
    Right.BACK_UP: (
        *_READ,
        "s3:GetObjectAcl",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
    ),
}
_LIST = ("s3:GetBucketLocation", "s3:ListBucket")
BUCKET_ACTIONS: Mapping[Right, tuple[str, ...]] = {
    Right.READ: _LIST,
    Right.ADD: _LIST,
    Right.REPLACE: _LIST,
    # As AWS's own policy for backups of S3 has them: it looks at all settings, and asks to be told of changes.
    Right.BACK_UP: (
        *_LIST,
        "s3:GetBucketAcl",
        "s3:GetBucketNotification",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetInventoryConfiguration",
        "s3:ListBucketVersions",
        "s3:PutBucketNotification",
        "s3:PutInventoryConfiguration",
    ),
}
READ_SECRET = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
ROTATE_SECRET = (*READ_SECRET, "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
DECRYPT, ENCRYPT = ("kms:Decrypt", "kms:DescribeKey"), ("kms:GenerateDataKey",)


def statements(environment: Environment, workload: Workload, grants: Grants) -> list[dict[str, Any]]:
    """All that the workload may do, each statement readable by itself; none for what is not granted."""
    found = [
        *_on_zones(workload.access, grants.zones),
        *_on_zones(workload.copies, grants.copies, "Copy"),
        _allow("Secrets", READ_SECRET, grants.secrets.values()),
        _allow("Rotation", ROTATE_SECRET, grants.rotated.values()),
        _allow("Functions", ("lambda:InvokeFunction",), grants.functions.values()),
        _allow("Decrypt", DECRYPT, _of(grants.keys, keys_used(environment, workload))),
        _allow("Encrypt", ENCRYPT, _of(grants.keys, keys_used(environment, workload, written=True))),
        _allow("DecryptCopies", DECRYPT, _of(grants.copy_keys, copy_keys_used(environment, workload))),
        _allow(
            "EncryptCopies",
            ENCRYPT,
            _of(grants.copy_keys, copy_keys_used(environment, workload, written=True)),
        ),
    ]
    if workload.name in EXTRAS:
        keys = [*grants.keys.values(), *grants.copy_keys.values()]
        found += [_allow(*extra) for extra in EXTRAS[workload.name](environment, keys)]
    return [statement for statement in found if statement["Resource"]]


def _on_zones(
    access: Sequence[Access], buckets: Mapping[Zone, Input[str]], word: str = ""
) -> list[dict[str, Any]]:
    found = []
    bucket_actions: dict[Zone, list[str]] = {}
    for item in access:
        if item.zone not in buckets:
            continue
        objects = [Output.concat(buckets[item.zone], "/", pattern) for pattern in item.objects]
        sid = f"{_camel(item.zone)}{word}{_camel(item.right)}"
        found.append(_allow(sid, OBJECT_ACTIONS[item.right], objects))
        bucket_actions.setdefault(item.zone, []).extend(BUCKET_ACTIONS[item.right])
    # Without a condition on the prefix: with one, S3 says "forbidden" of what is merely not there.
    found += [
        _allow(f"{_camel(zone)}{word}Bucket", tuple(dict.fromkeys(actions)), [buckets[zone]])
        for zone, actions in bucket_actions.items()
    ]
    return found


def _of(keys: Mapping[DataClass, Input[str]], wanted: set[DataClass]) -> list[Input[str]]:
    return [key for data_class, key in keys.items() if data_class in wanted]


def _camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.replace("-", "_").split("_"))


def _allow(sid: str, actions: tuple[str, ...], resources: Iterable[Input[str]]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
