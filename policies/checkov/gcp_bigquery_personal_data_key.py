"""A BigQuery dataset of personal data is encrypted with a key of the platform's."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

PERSONAL = {
    "personal-data": ("true", "yes"),
    "personal_data": ("true", "yes"),
    "data-classification": ("confidential", "restricted"),
    "data_classification": ("confidential", "restricted"),
}


class BigQueryPersonalDataKey(BaseResourceCheck):
    """The labels say what a dataset holds."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure BigQuery datasets labelled as holding personal data use a customer-managed key",
            id="CKV_SLUICE_GCP_1",
            categories=[CheckCategories.ENCRYPTION],
            supported_resources=["google_bigquery_dataset"],
        )

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        self.evaluated_keys = ["default_encryption_configuration/[0]/kms_key_name"]
        labels = (conf.get("labels") or [{}])[0]
        if not isinstance(labels, dict) or not any(
            _value(labels, name) in wanted for name, wanted in PERSONAL.items()
        ):
            return CheckResult.UNKNOWN
        given = (conf.get("default_encryption_configuration") or [None])[0]
        key = (given.get("kms_key_name") or [None])[0] if isinstance(given, dict) else given
        return CheckResult.PASSED if key else CheckResult.FAILED


def _value(labels: dict[str, Any], name: str) -> str:
    value = labels.get(name)
    return str(value[0] if isinstance(value, list) and value else value).lower()


check = BigQueryPersonalDataKey()
