"""Life cycles and redundancy of Azure's storage accounts, from the environment's tables."""

from __future__ import annotations

import pulumi_azure_native as azure

from environments.storage import Lifecycle, StorageZone
from modules.storage.azure_account import Rule

Day = azure.storage.DateAfterModificationArgsDict


def redundancy(zone: StorageZone) -> str:
    """The account's redundancy: never in one building only.

    Accounts spread over zones have no archive tier, so one with an archive is copied to the paired region,
    even where the zone does not ask for that.
    """
    if zone.lifecycle.deep_archive_after_days is not None:
        return "Standard_GRS"
    return "Standard_GZRS" if zone.replicated else "Standard_ZRS"


def lifecycle_rules(
    container: str, lifecycle: Lifecycle, *, versioned: bool, archive_after: int | None
) -> list[Rule]:
    """A zone's rules; `archive_after` moves the prefix `archive/` to the cold tier.

    Azure removes the parts of an upload that never ended by itself, after a week.
    """
    blobs: azure.storage.ManagementPolicyBaseBlobArgsDict = {}
    if lifecycle.infrequent_access_after_days is not None:
        blobs["tier_to_cool"] = _after(lifecycle.infrequent_access_after_days)
    if lifecycle.glacier_after_days is not None:
        blobs["tier_to_cold"] = _after(lifecycle.glacier_after_days)
    if lifecycle.deep_archive_after_days is not None:
        blobs["tier_to_archive"] = _after(lifecycle.deep_archive_after_days)
    if lifecycle.expire_after_days is not None:
        blobs["delete"] = _after(lifecycle.expire_after_days)
    actions: azure.storage.ManagementPolicyActionArgsDict = {}
    if blobs:
        actions["base_blob"] = blobs
    if versioned and lifecycle.noncurrent_expire_after_days is not None:
        days = lifecycle.noncurrent_expire_after_days
        actions["version"] = {"delete": {"days_after_creation_greater_than": days}}
    rules = [_rule("zone", f"{container}/", actions)] if actions else []
    if archive_after is not None:
        cold: azure.storage.ManagementPolicyActionArgsDict = {
            "base_blob": {"tier_to_cold": _after(archive_after)}
        }
        rules.append(_rule("archive-prefix", f"{container}/archive/", cold))
    return rules


def _after(days: int) -> Day:
    return {"days_after_creation_greater_than": days}


def _rule(name: str, prefix: str, actions: azure.storage.ManagementPolicyActionArgsDict) -> Rule:
    return {
        "name": name,
        "type": azure.storage.RuleType.LIFECYCLE,
        "enabled": True,
        "definition": {
            "actions": actions,
            "filters": {"blob_types": ["blockBlob"], "prefix_match": [prefix]},
        },
    }
