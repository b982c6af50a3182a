"""Keys on AWS: a KMS key per data class, whose policy keeps those who use it from those who run it."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.encryption.spec import EncryptionOutputs, EncryptionSpec

ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
USE_BY_LOGS = (*USE, "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo")
# A user reaches a key through these services only, never with data of his own.
SERVICES = ("s3", "secretsmanager")


class AwsEncryption(pulumi.ComponentResource):
    """A key and its alias for each data class that asks for one."""

    outputs: EncryptionOutputs

    def __init__(self, name: str, spec: EncryptionSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:encryption:AwsEncryption", name, None, opts)
        classes = spec.environment.encryption.customer_key_for
        keys = {data_class: self._key(spec, data_class) for data_class in classes}
        # Log groups and buckets keep the ARN that they were given, so an alias would only hide the key.
        arns = {data_class: key.arn for data_class, key in keys.items()}
        self.outputs = EncryptionOutputs(keys=arns, grantable=arns)
        self.register_outputs({})

    def _key(self, spec: EncryptionSpec, data_class: DataClass) -> aws.kms.Key:
        environment = spec.environment
        protected = ResourceOptions(parent=self, protect=environment.protect_data)
        key = aws.kms.Key(
            f"{data_class}-key",
            description=f"{data_class} data of {environment.name}",
            deletion_window_in_days=environment.encryption.deletion_window_days,
            enable_key_rotation=True,
            rotation_period_in_days=environment.encryption.rotation_days,
            policy=key_policy(spec, data_class),
            tags=tags(environment, data_classification=data_class),
            opts=protected,
        )
        aws.kms.Alias(
            f"{data_class}-key-alias",
            name=f"alias/{physical_name(environment, 'encryption', data_class)}",
            target_key_id=key.key_id,
            opts=protected,
        )
        return key


def key_policy(spec: EncryptionSpec, data_class: DataClass) -> Output[str]:
    """The policy of a key. In it, the resource `*` is the key itself, as KMS wants it."""
    environment = spec.environment
    statements: list[dict[str, Any]] = [
        {
            # To the account, so that no deleted role can lock everybody out; IAM says who in it.
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{environment.account}:root"},
            "Action": list(ADMINISTRATION),
            "Resource": "*",
        }
    ]
    if spec.users:
        services = [f"{service}.{environment.region}.amazonaws.com" for service in SERVICES]
        statements.append(
            {
                "Sid": "Use",
                "Effect": "Allow",
                "Principal": {"AWS": list(spec.users)},
                "Action": list(USE),
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:ViaService": services}},
            }
        )
    if data_class is environment.data_classification:
        groups = (
            f"arn:aws:logs:{environment.region}:{environment.account}"
            f":log-group:{environment.project}-{environment.name}-*"
        )
        statements.append(
            {
                "Sid": "LogGroups",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{environment.region}.amazonaws.com"},
                "Action": list(USE_BY_LOGS),
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            }
        )
    return Output.json_dumps({"Version": "2012-10-17", "Statement": statements})
