"""What backing up and restoring need on AWS beside the zones: vaults, and AWS Backup's own rules and test buckets.

After AWS's policies for its default role (AWSBackupServiceRolePolicyForBackup, …ForS3Backup, …ForS3Restore), which
are on everything in the account; here on what is this environment's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pulumi import Input

from environments.model import Environment
from environments.naming import uncut_name

Extra = tuple[str, tuple[str, ...], Sequence[Input[str]]]

# AWS knows no resource for these: they list, or read numbers.
UNSCOPABLE = ("cloudwatch:GetMetricData", "s3:ListAllMyBuckets", "tag:GetResources")
_KEYS = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
# Restore tests make buckets by this name and remove them afterwards.
TEST_BUCKETS = "arn:aws:s3:::awsbackup-restore-test-*"


def _backup(environment: Environment, keys: Sequence[Input[str]]) -> list[Extra]:
    account, region = environment.account, environment.region
    own = uncut_name(environment, "").removesuffix("-")
    return [
        (
            "Vaults",
            ("backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "backup:DescribeBackupVault"),
            [f"arn:aws:backup:*:{account}:backup-vault:{own}-*"],
        ),
        ("RecoveryPoints", ("backup:TagResource",), [f"arn:aws:backup:*:{account}:recovery-point:*"]),
        (
            "ChangesOfBuckets",
            (
                "events:DeleteRule",
                "events:DescribeRule",
                "events:DisableRule",
                "events:EnableRule",
                "events:ListTargetsByRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
            ),
            [f"arn:aws:events:{region}:{account}:rule/AwsBackupManagedRule*"],
        ),
        ("RulesThere", ("events:ListRules",), [f"arn:aws:events:{region}:{account}:rule/*"]),
        ("Unscopable", UNSCOPABLE, ["*"]),
        ("VaultKeys", (*_KEYS, "kms:CreateGrant"), keys),
    ]


def _restore(environment: Environment, keys: Sequence[Input[str]]) -> list[Extra]:
    return [
        (
            "TestBuckets",
            (
                "s3:CreateBucket",
                "s3:GetBucketLocation",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketVersioning",
                "s3:ListBucket",
                "s3:ListBucketVersions",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketVersioning",
            ),
            [TEST_BUCKETS],
        ),
        (
            "TestObjects",
            (
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:GetObjectTagging",
                "s3:GetObjectVersion",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "s3:PutObjectTagging",
            ),
            [f"{TEST_BUCKETS}/*"],
        ),
        ("VaultKeys", _KEYS, keys),
    ]


EXTRAS: Mapping[str, Callable[[Environment, Sequence[Input[str]]], list[Extra]]] = {
    "backup": _backup,
    "restore": _restore,
}
