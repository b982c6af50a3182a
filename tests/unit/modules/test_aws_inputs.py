"""AWS's provider under recording mocks. Does not prove that AWS takes its settings: the rehearsal does."""

from __future__ import annotations

import json

from environments.load import load
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
ACCOUNT = load("aws-prod").account


def test_the_provider_works_in_no_other_account() -> None:
    (provider,) = (item for item in PROD.resources if item.type == "pulumi:providers:aws")
    assert provider.inputs["region"] == "eu-west-1"
    assert json.loads(provider.inputs["allowedAccountIds"]) == [ACCOUNT]
