"""Airflow on MWAA encrypts its metadata, logs and queue with a key of the platform's."""

from __future__ import annotations

from checkov.common.models.consts import ANY_VALUE
from checkov.common.models.enums import CheckCategories
from checkov.terraform.checks.resource.base_resource_value_check import BaseResourceValueCheck


class MwaaOwnKey(BaseResourceValueCheck):
    """Without one it is a key of AWS's, that nobody here can withdraw."""

    def __init__(self) -> None:
        super().__init__(
            name="Ensure MWAA environments are encrypted with a customer-managed key",
            id="CKV_SLUICE_AWS_1",
            categories=[CheckCategories.ENCRYPTION],
            supported_resources=["aws_mwaa_environment"],
        )

    def get_inspected_key(self) -> str:
        return "kms_key"

    def get_expected_value(self) -> str:
        return str(ANY_VALUE)


check = MwaaOwnKey()
