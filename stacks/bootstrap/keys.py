"""The key of the state and of the secrets in it, in both regions: the copy is worth nothing without it."""

from __future__ import annotations

from dataclasses import dataclass

from environments.model import Environment
from environments.naming import tags
from environments.vocabulary import DataClass, ManagedBy
from stacks.bootstrap.cdk import Made, Program
from stacks.bootstrap.documents import allow, document, to
from stacks.bootstrap.names import Names

# Changes of the key itself. Reading its settings is among them, for plans.
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
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
# S3 asks for data keys; Pulumi encrypts the key of each stack's secrets directly.
USE = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")


@dataclass(frozen=True)
class Keys:
    """The key here, and its copy in the fail-over region: the same key, so either opens what the other closed."""

    here: Made
    copy: Made


def make(program: Program, environment: Environment) -> Keys:
    """The key, its copy and their aliases."""
    names = Names(environment)
    settings = {
        "deletion_window_in_days": environment.encryption.deletion_window_days,
        "policy": document(*_policy(environment)),
        # Secrets are restricted, and the state may hold some.
        "tags": tags(environment, data_classification=DataClass.RESTRICTED, managed_by=ManagedBy.TERRAFORM),
        "lifecycle": {"prevent_destroy": environment.protect_data},
    }
    here = program.make(
        "aws_kms_key",
        "state",
        description=f"Pulumi's state of {environment.name} and the secrets in it",
        multi_region=True,
        enable_key_rotation=True,
        rotation_period_in_days=environment.encryption.rotation_days,
        **settings,
    )
    copy = program.make(
        "aws_kms_replica_key",
        "state-failover",
        provider="aws.failover",
        description=f"Pulumi's state of {environment.name}, in the fail-over region",
        primary_key_arn=here.output("arn"),
        **settings,
    )
    for name, key, provider in (("state", here, None), ("state-failover", copy, "aws.failover")):
        program.make(
            "aws_kms_alias",
            name,
            provider=provider,
            name=names.key_alias,
            target_key_id=key.output("key_id"),
        )
    return Keys(here, copy)


def _policy(environment: Environment) -> list[dict[str, object]]:
    """In it, the resource `*` is the key itself, as KMS wants it.

    To the account, so that no deleted role can lock everybody out; who in it may do what, IAM says.
    """
    account = {"AWS": f"arn:aws:iam::{environment.account}:root"}
    budgets = {
        "StringEquals": {"aws:SourceAccount": environment.account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:budgets::{environment.account}:budget/*"},
    }
    return [
        to(account, allow("Administration", ADMINISTRATION, ["*"])),
        to(account, allow("Use", USE, ["*"])),
        # The topic of the budget's alarms is encrypted with the same key.
        to(
            {"Service": "budgets.amazonaws.com"},
            allow("BudgetAlarms", ("kms:Decrypt", "kms:GenerateDataKey"), ["*"], budgets),
        ),
    ]
