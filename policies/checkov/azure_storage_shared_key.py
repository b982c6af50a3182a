"""Who reads a storage account says who they are."""

from __future__ import annotations

from typing import Any

from checkov.arm.base_resource_check import BaseResourceCheck
from checkov.common.models.enums import CheckCategories, CheckResult


class StorageSharedKey(BaseResourceCheck):
    """An account's shared key opens all of it, for anyone, with no trace of who it was."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure storage accounts refuse their shared key",
            id="CKV_SLUICE_AZURE_2",
            categories=[CheckCategories.IAM],
            supported_resources=["Microsoft.Storage/storageAccounts"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        self.evaluated_keys = ["properties/allowSharedKeyAccess"]
        allowed = (conf.get("properties") or {}).get("allowSharedKeyAccess", True)
        return CheckResult.PASSED if allowed is False else CheckResult.FAILED


check = StorageSharedKey()
