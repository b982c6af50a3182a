"""What an Azure identity may do, over all its role assignments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from policies.gate.engines.graph_rules.aws_permissions import ADMIN, ESCALATION
from policies.gate.engines.graph_rules.certainty import Certainty, items, literal_text, part
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.graph import Resource
from policies.gate.values import Value, references

_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_DEFINITION = "azure-native:authorization:RoleDefinition"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)

# Built-in roles: `admin` gives itself any role, `manage` runs and changes everything, `assign` and `run`
# use any identity together.
_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", {"admin"}),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": ("User Access Administrator", {"admin"}),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": ("Role Based Access Control Administrator", {"admin"}),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": ("Contributor", {"assign", "run"}),
    "f1a07417-d97a-45cb-824c-7a7467783830": ("Managed Identity Operator", {"assign"}),
    "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": ("Managed Identity Contributor", {"federate"}),
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": ("Virtual Machine Contributor", {"run"}),
    "de139f84-1756-47ae-9be6-808fbbe84772": ("Website Contributor", {"run"}),
    "f353d9bd-d4a6-484e-a77a-8050b599b867": ("Automation Contributor", {"run"}),
    "673868aa-7521-48a0-acc6-0f60742d39f5": ("Data Factory Contributor", {"run"}),
}
_ACTIONS = {
    "microsoft.authorization/roleassignments/write": "admin",
    "microsoft.authorization/roledefinitions/write": "admin",
    "microsoft.managedidentity/userassignedidentities/assign/action": "assign",
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials/write": "federate",
    "microsoft.compute/virtualmachines/write": "run",
    "microsoft.web/sites/write": "run",
    "microsoft.app/jobs/write": "run",
}


@dataclass
class _Identity:
    name: str
    resource: Resource
    powers: dict[str, tuple[Certainty, str]] = field(default_factory=dict)

    def power(self, name: str) -> tuple[Certainty, str]:
        return self.powers.get(name, (Certainty.NO, ""))


def check(ledger: Ledger, links: Links) -> None:
    """Judges every identity that an assignment of this program names."""
    found: dict[str, _Identity] = {}
    for assignment in links.graph.of_type(_ASSIGNMENT):
        if not assignment.managed:
            continue
        key, name, resource = _principal(links, assignment)
        identity = found.setdefault(key, _Identity(name, resource))
        for power, certainty, role in _powers(links, assignment):
            why = f"{role} on {_scope(assignment)}{_at(assignment)}"
            if certainty > identity.power(power)[0]:
                identity.powers[power] = (certainty, why)
    for identity in found.values():
        admin, why = identity.power("admin")
        sure = "is" if admin is Certainty.YES else "may be (not known before apply)"
        ledger.judge(ADMIN, identity.resource, admin, f"`{identity.name}` {sure} an administrator by {why}")
        if admin is Certainty.NO:
            _judge_escalation(ledger, identity)


def _judge_escalation(ledger: Ledger, identity: _Identity) -> None:
    assign, run, federate = (identity.power(name) for name in ("assign", "run", "federate"))
    by = " and ".join(dict.fromkeys(why for _, why in (assign, run) if why))
    ways = [
        (min(assign[0], run[0]), f"runs something as any managed identity by {by}"),
        (federate[0], f"lets itself into any managed identity by {federate[1]}"),
    ]
    certainty, how = max(ways, key=lambda way: way[0])
    head = "can" if certainty is Certainty.YES else "may (not known before apply)"
    ledger.judge(ESCALATION, identity.resource, certainty, f"`{identity.name}` {head} become stronger: {how}")


def _principal(links: Links, assignment: Resource) -> tuple[str, str, Resource]:
    value = assignment.inputs.get("principalId")
    for reference in references(value):
        if reference.urn in links.graph.resources:
            named = links.graph.resources[reference.urn]
            return named.urn, named.name, named
    return json.dumps(value, sort_keys=True), literal_text(value) or "an identity", assignment


def _powers(links: Links, assignment: Resource) -> Iterator[tuple[str, Certainty, str]]:
    value = assignment.inputs.get("roleDefinitionId")
    # A condition on an assignment may narrow what is given; what is left is not known here.
    sure = Certainty.MAYBE if assignment.inputs.get("condition") is not None else Certainty.YES
    guid = _GUID.search(value) if isinstance(value, str) else None
    if guid:
        name, powers = _ROLES.get(guid[0].lower(), ("", set()))
        for power in sorted(powers):
            # Contributor over one resource cannot use an identity that stands elsewhere.
            narrow = power != "admin" and not _broad(assignment)
            if not narrow:
                yield power, sure, name
        return
    target = links.target(value, _DEFINITION)
    for role in target.resources:
        yield from _of_definition(role, sure)
    if not target.resources or not target.certain:
        yield "admin", Certainty.MAYBE, "a role that is not known before apply"


def _of_definition(role: Resource, sure: Certainty) -> Iterator[tuple[str, Certainty, str]]:
    permissions, unknown = items(role.inputs.get("permissions"))
    label = f"custom role `{role.name}`"
    if unknown or role.kind == "read":
        yield "admin", Certainty.MAYBE, label
    for permission in permissions:
        allowed, unknown = items(part(permission, "actions"))
        denied, _ = items(part(permission, "notActions"))
        if unknown:
            yield "admin", Certainty.MAYBE, label
        for action, power in _ACTIONS.items():
            if _any(allowed, action) and not _any(denied, action):
                yield power, sure, label


def _any(patterns: list[Value], action: str) -> bool:
    return any(isinstance(item, str) and fnmatchcase(action, item.lower()) for item in patterns)


def _broad(assignment: Resource) -> bool:
    """Whether the scope holds more than one resource: a group, a subscription, a management group."""
    text = literal_text(assignment.inputs.get("scope"))
    if text is None:
        named = [item.urn for item in references(assignment.inputs.get("scope"))]
        return not named or any(":ResourceGroup::" in urn or urn.startswith("call:") for urn in named)
    return "/providers/" not in text or "/managementGroups/" in text


def _scope(assignment: Resource) -> str:
    text = literal_text(assignment.inputs.get("scope"))
    if text is not None:
        return f"`{text}`"
    names = [item.urn.rsplit("::", 1)[-1] for item in references(assignment.inputs.get("scope"))]
    return f"`{names[0]}`" if names else "a scope that is not known before apply"


def _at(resource: Resource) -> str:
    return f" at {resource.source}" if resource.source else ""
