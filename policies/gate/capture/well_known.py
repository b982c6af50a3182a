"""Provider functions that can be answered without a cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.gate.capture import wire
from policies.gate.capture.policy_document import policy_document
from policies.gate.capture.session import Session
from policies.gate.capture.standins import Shape
from policies.gate.graph import Provider
from policies.gate.values import Reference


@dataclass(frozen=True)
class Asked:
    """One call: what it was asked with, and by whom."""

    session: Session
    identity: str
    args: dict[str, Any]
    provider: Provider
    shapes: Mapping[str, Shape]

    def unknown(self, name: str, token: str | None = None) -> str:
        """A reference to a part of the answer."""
        return self.session.stand_ins.text(Reference(f"call:{token}" if token else self.identity, name))

    def configured(self, name: str) -> str | None:
        """A literal that the provider was given."""
        found = self.provider.inputs.get(name)
        return found if isinstance(found, str) else None


Answer = Callable[[Asked], dict[str, Any]]

_REGION = "aws:index/getRegion:getRegion"
_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"


def _aws_region(asked: Asked) -> dict[str, Any]:
    given = asked.args.get("region") or asked.args.get("name") or asked.configured("region")
    region = given or asked.unknown("region", _REGION)
    return {"region": region, "name": region, "id": region}


def _aws_identity(asked: Asked) -> dict[str, Any]:
    allowed = asked.provider.inputs.get("allowedAccountIds")
    only = allowed[0] if isinstance(allowed, list) and len(allowed) == 1 else None
    account = only if isinstance(only, str) else asked.unknown("accountId", _IDENTITY)
    return {"accountId": account, "id": account}


def _aws_partition(asked: Asked) -> dict[str, Any]:
    region = asked.configured("region") or ""
    for prefix, partition, suffix in (
        ("cn-", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ):
        if region.startswith(prefix):
            return {"partition": partition, "id": partition, "dnsSuffix": suffix}
    return {
        "partition": "aws",
        "id": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _aws_zones(asked: Asked) -> dict[str, Any]:
    region = asked.args.get("region") or asked.configured("region")
    if not region:
        return {}
    return {"names": [f"{region}{letter}" for letter in "abc"], "id": region}


def _aws_service_principal(asked: Asked) -> dict[str, Any]:
    name = f"{asked.args.get('serviceName')}.amazonaws.com"
    return {"name": name, "id": name, "serviceName": asked.args.get("serviceName"), "suffix": "amazonaws.com"}


def _aws_default_tags(asked: Asked) -> dict[str, Any]:
    tags = asked.provider.default_tags
    return {"tags": {key: item for key, item in tags.items() if isinstance(item, str)}, "id": "default"}


def _gcp_project(asked: Asked) -> dict[str, Any]:
    project = asked.args.get("projectId") or asked.configured("project")
    return {"projectId": project, "id": f"projects/{project}", "name": project} if project else {}


def _gcp_client(asked: Asked) -> dict[str, Any]:
    given = {name: asked.configured(name) for name in ("project", "region", "zone")}
    answer: dict[str, Any] = {name: item for name, item in given.items() if item}
    return {**answer, "accessToken": wire.secret(asked.unknown("accessToken"))}


def _gcp_policy(asked: Asked) -> dict[str, Any]:
    given = {name: asked.args[name] for name in ("bindings", "auditConfigs") if asked.args.get(name)}
    return {**asked.args, "policyData": json.dumps(given, separators=(",", ":"), ensure_ascii=False)}


def _gcp_zones(asked: Asked) -> dict[str, Any]:
    region = asked.args.get("region") or asked.configured("region")
    return {"names": [f"{region}-{letter}" for letter in "abc"]} if region else {}


def _azure_client(asked: Asked) -> dict[str, Any]:
    given = {name: asked.configured(name) for name in ("clientId", "subscriptionId", "tenantId")}
    return {name: item for name, item in given.items() if item}


def _azure_token(asked: Asked) -> dict[str, Any]:
    return {"token": wire.secret(asked.unknown("token"))}


def _policy_document(asked: Asked) -> dict[str, Any]:
    return policy_document(asked.args)


WELL_KNOWN: dict[str, Answer] = {
    _REGION: _aws_region,
    _IDENTITY: _aws_identity,
    "aws:index/getPartition:getPartition": _aws_partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _aws_zones,
    "aws:index/getServicePrincipal:getServicePrincipal": _aws_service_principal,
    "aws:index/getDefaultTags:getDefaultTags": _aws_default_tags,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "gcp:organizations/getProject:getProject": _gcp_project,
    "gcp:organizations/getClientConfig:getClientConfig": _gcp_client,
    "gcp:organizations/getIAMPolicy:getIAMPolicy": _gcp_policy,
    "gcp:compute/getZones:getZones": _gcp_zones,
    "azure-native:authorization:getClientConfig": _azure_client,
    "azure-native:authorization:getClientToken": _azure_token,
}
