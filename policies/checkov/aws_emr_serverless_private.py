"""Spark on EMR Serverless runs inside the platform's own subnets."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class EmrServerlessPrivate(BaseResourceCheck):
    """Without a network configuration, workers run in a network of AWS's with a way out to the internet."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure EMR Serverless applications run in subnets and security groups of the platform",
            id="CKV_SLUICE_AWS_2",
            categories=[CheckCategories.NETWORKING],
            supported_resources=["aws_emrserverless_application"],
        )

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        self.evaluated_keys = [
            "network_configuration/[0]/subnet_ids",
            "network_configuration/[0]/security_group_ids",
        ]
        given = (conf.get("network_configuration") or [None])[0]
        if not isinstance(given, dict):
            return CheckResult.PASSED if isinstance(given, str) else CheckResult.FAILED
        present = all(_filled(given.get(name)) for name in ("subnet_ids", "security_group_ids"))
        return CheckResult.PASSED if present else CheckResult.FAILED


def _filled(value: Any) -> bool:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return bool(value)


check = EmrServerlessPrivate()
