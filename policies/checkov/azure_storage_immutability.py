"""Immutable blob storage in Azure has a policy that is in force."""

from __future__ import annotations

from typing import Any

from checkov.arm.base_resource_check import BaseResourceCheck
from checkov.common.models.enums import CheckCategories, CheckResult


class StorageImmutability(BaseResourceCheck):
    """Versioned immutability without a policy, or with a disabled one, keeps nothing."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure storage accounts with immutable storage have an immutability policy in force",
            id="CKV_SLUICE_AZURE_1",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=["Microsoft.Storage/storageAccounts"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        place = "properties/immutableStorageWithVersioning"
        self.evaluated_keys = [f"{place}/immutabilityPolicy/state"]
        given = (conf.get("properties") or {}).get("immutableStorageWithVersioning")
        if not isinstance(given, dict) or not given.get("enabled"):
            return CheckResult.UNKNOWN
        policy = given.get("immutabilityPolicy") or {}
        days = policy.get("immutabilityPeriodSinceCreationInDays")
        if not days:
            self.evaluated_keys = [f"{place}/immutabilityPolicy/immutabilityPeriodSinceCreationInDays"]
            return CheckResult.FAILED
        return CheckResult.PASSED if policy.get("state") in ("Locked", "Unlocked") else CheckResult.FAILED


check = StorageImmutability()
