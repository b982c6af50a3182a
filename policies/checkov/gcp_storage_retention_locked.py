"""A retention policy on a bucket that its owner can take away protects nothing."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class StorageRetentionLocked(BaseResourceCheck):
    """Only buckets that have a retention policy are looked at; which must have one is for the Rego rules."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure retention policies of storage buckets are locked",
            id="CKV_SLUICE_GCP_3",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=["google_storage_bucket"],
        )

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        self.evaluated_keys = ["retention_policy/[0]/is_locked"]
        policy = (conf.get("retention_policy") or [None])[0]
        if not isinstance(policy, dict):
            return CheckResult.UNKNOWN
        return CheckResult.PASSED if (policy.get("is_locked") or [False])[0] is True else CheckResult.FAILED


check = StorageRetentionLocked()
