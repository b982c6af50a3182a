"""What a GCP member may do, over all the roles that any binding gives it, and whom it can become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from policies.gate import values
from policies.gate.engines.graph_rules.aws_permissions import ADMIN, ESCALATION
from policies.gate.engines.graph_rules.certainty import Certainty, items, literal_text, part
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.graph import Resource
from policies.gate.values import Value

_ACCOUNT = "gcp:serviceaccount/account:Account"
_CUSTOM_ROLES = (
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    "gcp:organizations/iAMCustomRole:IAMCustomRole",
)
_WIDE = tuple(
    f"gcp:{scope}/iAM{kind}:IAM{kind}"
    for scope in ("projects", "folder", "organizations")
    for kind in ("Member", "Binding", "Policy")
)
_ON_ACCOUNT = tuple(f"gcp:serviceaccount/iAM{kind}:IAM{kind}" for kind in ("Member", "Binding", "Policy"))

# What a role is good for: `admin` gives itself any role, `become` takes any service account's place,
# `act-as` and `deploy` do so together (a service account may be used, and something can be run with it).
_ROLES = {
    "roles/owner": {"admin"},
    "roles/editor": {"act-as", "deploy"},
    "roles/resourcemanager.organizationAdmin": {"admin"},
    "roles/resourcemanager.folderAdmin": {"admin"},
    "roles/resourcemanager.folderIamAdmin": {"admin"},
    "roles/resourcemanager.projectIamAdmin": {"admin"},
    "roles/iam.securityAdmin": {"admin"},
    "roles/iam.organizationRoleAdmin": {"roles"},
    "roles/iam.roleAdmin": {"roles"},
    "roles/iam.serviceAccountTokenCreator": {"become"},
    "roles/iam.serviceAccountKeyAdmin": {"become"},
    "roles/iam.serviceAccountAdmin": {"become"},
    "roles/iam.workloadIdentityUser": {"become"},
    "roles/iam.serviceAccountUser": {"act-as"},
    **{
        f"roles/{name}": {"deploy"}
        for name in (
            "compute.admin",
            "compute.instanceAdmin",
            "compute.instanceAdmin.v1",
            "cloudfunctions.admin",
            "cloudfunctions.developer",
            "run.admin",
            "run.developer",
            "run.sourceDeveloper",
            "dataproc.admin",
            "dataproc.editor",
            "dataflow.admin",
            "dataflow.developer",
            "composer.admin",
            "composer.environmentAndStorageObjectAdmin",
            "cloudbuild.builds.editor",
            "deploymentmanager.editor",
            "notebooks.admin",
            "aiplatform.admin",
            "aiplatform.user",
            "cloudscheduler.admin",
            "workflows.admin",
            "workflows.editor",
            "appengine.deployer",
            "appengine.appAdmin",
            "container.admin",
            "container.developer",
            "batch.jobsEditor",
        )
    },
    # Cloud Build's own account deploys with rights of its own.
    "roles/cloudbuild.builds.builder": {"act-as", "deploy"},
}
_PERMISSIONS = {
    "resourcemanager.projects.setIamPolicy": "admin",
    "resourcemanager.folders.setIamPolicy": "admin",
    "resourcemanager.organizations.setIamPolicy": "admin",
    "iam.roles.update": "roles",
    "iam.serviceAccounts.getAccessToken": "become",
    "iam.serviceAccounts.signBlob": "become",
    "iam.serviceAccounts.signJwt": "become",
    "iam.serviceAccounts.implicitDelegation": "become",
    "iam.serviceAccounts.setIamPolicy": "become",
    "iam.serviceAccountKeys.create": "become",
    "iam.serviceAccounts.actAs": "act-as",
    "compute.instances.create": "deploy",
    "cloudfunctions.functions.create": "deploy",
    "cloudfunctions.functions.update": "deploy",
    "run.services.create": "deploy",
    "run.jobs.create": "deploy",
    "dataproc.clusters.create": "deploy",
    "dataflow.jobs.create": "deploy",
    "composer.environments.create": "deploy",
    "cloudbuild.builds.create": "deploy",
    "deploymentmanager.deployments.create": "deploy",
    "workflows.workflows.create": "deploy",
}
_BECOMING = {"become", "act-as"}


@dataclass
class _Member:
    """One member, and for each thing that its roles are good for, how sure that is and why."""

    name: str
    resource: Resource
    powers: dict[str, tuple[Certainty, str]] = field(default_factory=dict)
    over: dict[str, tuple[Certainty, str]] = field(default_factory=dict)
    """Members (service accounts) that it can become one by one."""

    def add(self, power: str, certainty: Certainty, why: str) -> None:
        """The most certain way to a power is kept."""
        if certainty > self.powers.get(power, (Certainty.NO, ""))[0]:
            self.powers[power] = (certainty, why)

    def has(self, power: str) -> Certainty:
        """How surely it has a power."""
        return self.powers.get(power, (Certainty.NO, ""))[0]


@dataclass(frozen=True)
class _Binding:
    resource: Resource
    role: Value
    member: Value
    conditioned: bool


def check(ledger: Ledger, links: Links) -> None:
    """Judges every member that a binding of this program names."""
    members = _Members(links)
    for member in members.all.values():
        admin = member.has("admin")
        why = member.powers.get("admin", (Certainty.NO, ""))[1]
        sure = "is" if admin is Certainty.YES else "may be (not known before apply)"
        ledger.judge(ADMIN, member.resource, admin, f"`{member.name}` {sure} an administrator by {why}")
        if admin is not Certainty.NO:
            continue
        found, how = members.escalates(member)
        head = "can" if found is Certainty.YES else "may (not known before apply)"
        ledger.judge(ESCALATION, member.resource, found, f"`{member.name}` {head} become stronger: {how}")


class _Members:
    def __init__(self, links: Links) -> None:
        self._links = links
        self.all: dict[str, _Member] = {}
        for binding in self._bindings(_WIDE):
            member = self._member(binding)
            for power, certainty in self._powers(binding).items():
                member.add(power, certainty, f"{_role(binding)}{_at(binding.resource)}")
        for binding in self._bindings(_ON_ACCOUNT):
            member = self._member(binding)
            powers = self._powers(binding)
            certainty = max((powers[power] for power in _BECOMING & set(powers)), default=Certainty.NO)
            if certainty is not Certainty.NO:
                target = links.target(binding.resource.inputs.get("serviceAccountId"), _ACCOUNT)
                keys = [account.urn for account in target.resources]
                if not target.certain:
                    keys.append("")
                for key in keys:
                    member.over[key] = (certainty, f"{_role(binding)}{_at(binding.resource)}")

    def escalates(self, member: _Member) -> tuple[Certainty, str]:
        """Whether a member can become an administrator, alone or through accounts that it can become."""
        ways: list[tuple[Certainty, str]] = []
        for power, does in (("become", "becomes any service account"), ("roles", "rewrites custom roles")):
            if power in member.powers:
                ways.append((member.powers[power][0], f"{does} by {member.powers[power][1]}"))
        if "act-as" in member.powers and "deploy" in member.powers:
            certainty = min(member.has("act-as"), member.has("deploy"))
            both = dict.fromkeys((member.powers["act-as"][1], member.powers["deploy"][1]))
            ways.append((certainty, f"runs something as any service account by {' and '.join(both)}"))
        ways += self._through(member)
        return max(ways, key=lambda way: way[0], default=(Certainty.NO, ""))

    def _through(self, member: _Member) -> Iterator[tuple[Certainty, str]]:
        seen, queue = {member.name}, [(member, Certainty.YES, "")]
        while queue:
            at, sure, way = queue.pop(0)
            for key, (certainty, why) in at.over.items():
                reached = min(sure, certainty)
                other = self.all.get(key)
                if not key:
                    yield Certainty.MAYBE, f"becomes a service account that is not known before apply ({why})"
                elif other is not None and other.name not in seen:
                    seen.add(other.name)
                    here = f"{way}becomes `{other.name}` by {why}, "
                    strong = max(
                        other.has("admin"), other.has("become"), min(other.has("act-as"), other.has("deploy"))
                    )
                    if strong is not Certainty.NO:
                        yield min(reached, strong), f"{here}which is an administrator or can become one"
                    queue.append((other, reached, here))

    def _member(self, binding: _Binding) -> _Member:
        key, name = self._key(binding.member)
        return self.all.setdefault(key, _Member(name, self._resource(key, binding)))

    def _resource(self, key: str, binding: _Binding) -> Resource:
        return self._links.graph.resources.get(key, binding.resource)

    def _key(self, value: Value) -> tuple[str, str]:
        """A service account of this program goes by its URN, whatever text names it."""
        text = literal_text(value)
        account = self._links.target(value, _ACCOUNT).resources
        if not account and text and text.startswith("serviceAccount:"):
            account = self._links.target(text[15:].split("@")[0], _ACCOUNT).resources
        if account:
            return account[0].urn, account[0].name
        shown = text or (value if isinstance(value, str) else "a member that is not known before apply")
        return json.dumps(value, sort_keys=True), shown

    def _bindings(self, types: tuple[str, ...]) -> Iterator[_Binding]:
        for resource in self._links.graph.of_type(*types):
            inputs = resource.inputs
            conditioned = inputs.get("condition") is not None
            if "policyData" in inputs:
                yield from _of_policy(resource)
            for member in (*items(inputs.get("members"))[0], inputs.get("member")):
                if member is not None:
                    yield _Binding(resource, inputs.get("role"), member, conditioned)
            if items(inputs.get("members"))[1]:
                yield _Binding(resource, inputs.get("role"), {values.UNKNOWN: {}}, conditioned)

    def _powers(self, binding: _Binding) -> dict[str, Certainty]:
        """What a binding's role is good for; one that is not known may be good for all."""
        sure = Certainty.MAYBE if binding.conditioned else Certainty.YES
        text = literal_text(binding.role)
        if text in _ROLES:
            return dict.fromkeys(_ROLES[text], sure)
        target = self._links.target(binding.role, *_CUSTOM_ROLES)
        if not target.resources:
            custom = text is None or "/roles/" in text  # a custom role of another program
            return {"admin": Certainty.MAYBE} if custom else {}
        found: dict[str, Certainty] = {}
        for role in target.resources:
            permissions, unknown = items(role.inputs.get("permissions"))
            for permission in permissions:
                power = _PERMISSIONS.get(permission) if isinstance(permission, str) else None
                if power:
                    found[power] = sure
            if unknown or role.kind == "read" or not all(isinstance(item, str) for item in permissions):
                found["admin"] = Certainty.MAYBE
        return found


def _of_policy(resource: Resource) -> Iterator[_Binding]:
    text = literal_text(resource.inputs["policyData"]) or resource.inputs["policyData"]
    try:
        content = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        content = None
    bindings = content.get("bindings", []) if isinstance(content, dict) else None
    if not isinstance(bindings, list) or not all(isinstance(item, dict) for item in bindings):
        yield _Binding(resource, {values.UNKNOWN: {}}, {values.UNKNOWN: {}}, False)
        return
    for binding in bindings:
        for member in items(binding.get("members"))[0]:
            yield _Binding(resource, binding.get("role"), member, part(binding, "condition") is not None)


def _role(binding: _Binding) -> str:
    return literal_text(binding.role) or "a custom role"


def _at(resource: Resource) -> str:
    return f" at {resource.source}" if resource.source else ""
