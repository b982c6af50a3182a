"""Vaults on AWS: where backups lie, who may do nothing to them, and for how long nobody can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass

VAULT_NAME_LIMIT = 50
# What shortens the life of a backup.
DESTRUCTION = (
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
)


@dataclass(frozen=True)
class VaultSettings:
    """What differs from one vault to the next."""

    data_class: DataClass
    region: str
    part: str
    """What tells it from the other vaults: its class, and whether it holds copies."""
    key: Input[str] | None
    shortest_days: int
    longest_days: int
    """Bounds of what is kept in it; a lock refuses anything else."""
    destroy_data: bool = False


def vault(environment: Environment, settings: VaultSettings, parent: Resource) -> aws.backup.Vault:
    """Makes a vault; locked for good, after a time of grace, where the environment says so."""
    logical, inside = f"{settings.part}-vault", ResourceOptions(parent=parent)
    made = aws.backup.Vault(
        logical,
        name=physical_name(environment, "backup", settings.part, limit=VAULT_NAME_LIMIT),
        region=settings.region,
        kms_key_arn=settings.key,
        force_destroy=settings.destroy_data,
        tags=tags(environment, data_classification=settings.data_class),
        opts=ResourceOptions(parent=parent, protect=environment.protect_data),
    )
    aws.backup.VaultPolicy(
        f"{logical}-policy",
        backup_vault_name=made.name,
        region=settings.region,
        policy=Output.json_dumps({"Version": "2012-10-17", "Statement": _denials(environment)}),
        opts=inside,
    )
    if environment.backup.vault_locked:
        aws.backup.VaultLockConfiguration(
            f"{logical}-lock",
            backup_vault_name=made.name,
            region=settings.region,
            # With these days the lock is one of compliance: once they are over, nobody takes it off, AWS included.
            changeable_for_days=environment.backup.vault_lock_grace_days,
            min_retention_days=settings.shortest_days,
            max_retention_days=settings.longest_days,
            opts=inside,
        )
    return made


def _denials(environment: Environment) -> list[dict[str, Any]]:
    """In a vault's own policy, the resource `*` is what it holds."""
    strangers = {
        "Sid": "OnlyOurAccount",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "backup:StartRestoreJob"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": environment.account}},
    }
    if not environment.protect_data:
        return [strangers]
    nobody = {
        "Sid": "NobodyDestroys",
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(DESTRUCTION),
        "Resource": "*",
    }
    return [strangers, nobody]
