"""Cloud Composer runs in private addresses."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class ComposerPrivate(BaseResourceCheck):
    """Composer 3 has a switch of its own, Composer 2 a block."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure Cloud Composer environments are private",
            id="CKV_SLUICE_GCP_2",
            categories=[CheckCategories.NETWORKING],
            supported_resources=["google_composer_environment"],
        )

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        self.evaluated_keys = [
            "config/[0]/enable_private_environment",
            "config/[0]/private_environment_config/[0]/enable_private_endpoint",
        ]
        config = _first(conf.get("config"))
        if not isinstance(config, dict):
            return CheckResult.FAILED
        older = _first(config.get("private_environment_config"))
        private = _first(config.get("enable_private_environment")) is True or (
            isinstance(older, dict) and _first(older.get("enable_private_endpoint")) is True
        )
        return CheckResult.PASSED if private else CheckResult.FAILED


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


check = ComposerPrivate()
