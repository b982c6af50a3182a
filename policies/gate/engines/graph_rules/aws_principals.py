"""Collects the documents of every AWS role, user and group, however they were tied to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from policies.gate.engines.graph_rules.aws_escalations import managed
from policies.gate.engines.graph_rules.certainty import each, items, part
from policies.gate.engines.graph_rules.links import Links, Target
from policies.gate.engines.graph_rules.policy_documents import Document, document
from policies.gate.graph import Resource
from policies.gate.values import Value, references_in_text

ROLE = "aws:iam/role:Role"
USER = "aws:iam/user:User"
GROUP = "aws:iam/group:Group"
POLICY = "aws:iam/policy:Policy"
PRINCIPALS = (ROLE, USER, GROUP)

# Type of a tie, the input that names the principal, and that which holds the document or names the policy.
_INLINE = (
    ("aws:iam/rolePolicy:RolePolicy", "role", ROLE),
    ("aws:iam/userPolicy:UserPolicy", "user", USER),
    ("aws:iam/groupPolicy:GroupPolicy", "group", GROUP),
)
_ATTACHED = (
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "role", "policyArn", ROLE),
    ("aws:iam/userPolicyAttachment:UserPolicyAttachment", "user", "policyArn", USER),
    ("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", "group", "policyArn", GROUP),
    ("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "roleName", "policyArns", ROLE),
    ("aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", "userName", "policyArns", USER),
    (
        "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
        "groupName",
        "policyArns",
        GROUP,
    ),
)
_FOR_ALL = "aws:iam/policyAttachment:PolicyAttachment"


@dataclass(frozen=True)
class Held:
    """One document that a principal holds; `document` is None where it is not known before apply."""

    document: Document | None
    label: str


@dataclass
class Principal:
    """A role, user or group (or, for what is tied to one outside this program, the tie itself)."""

    resource: Resource
    held: list[Held] = field(default_factory=list)
    boundary: list[Held] = field(default_factory=list)
    whole: bool = True
    """Whether these are surely all its documents."""


class AwsPrincipals:
    """All of a graph."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._graph = links.graph
        self.all: dict[str, Principal] = {}
        for resource in self._graph.of_type(*PRINCIPALS):
            if resource.kind != "read":
                self.all[resource.urn] = self._own(resource)
        self._inline()
        self._attached()
        self._memberships()

    def policies(self, value: Value) -> list[Held]:
        """The documents of the managed policies that an input names."""
        known, unknown = each(value)
        found = [held for item in known for held in self._policy(item)]
        return [*found, Held(None, "policies that are not known before apply")] if unknown else found

    def _policy(self, value: Value) -> list[Held]:
        target = self._links.target(value, POLICY)
        if target.resources:
            found = [
                Held(
                    document(policy.inputs.get("policy")) if policy.kind != "read" else None,
                    f"policy `{policy.name}`{_at(policy)}",
                )
                for policy in target.resources
            ]
            return found if target.certain else [*found, Held(None, "another policy")]
        if isinstance(value, str) and ":aws:policy/" in value:
            name = value.rsplit("/", 1)[-1]
            return [Held(managed(name) if not references_in_text(name) else None, f"AWS's policy `{name}`")]
        return [Held(None, "a policy that is not known before apply")]

    def _own(self, resource: Resource) -> Principal:
        principal = Principal(resource)
        inline, unknown = items(resource.inputs.get("inlinePolicies"))
        for item in inline:
            if part(item, "policy") is not None:
                principal.held.append(
                    Held(document(part(item, "policy")), f"its inline policy{_at(resource)}")
                )
        if unknown:
            principal.held.append(Held(None, "inline policies that are not known before apply"))
        principal.held += self.policies(resource.inputs.get("managedPolicyArns"))
        principal.boundary = self.policies(resource.inputs.get("permissionsBoundary"))
        return principal

    def _inline(self) -> None:
        for type_, to, kind in _INLINE:
            for tie in self._graph.of_type(type_):
                held = Held(document(tie.inputs.get("policy")), f"`{tie.name}`{_at(tie)}")
                self._give(tie, self._links.target(tie.inputs.get(to), kind), [held])

    def _attached(self) -> None:
        for type_, to, what, kind in _ATTACHED:
            for tie in self._graph.of_type(type_):
                held = self.policies(tie.inputs.get(what))
                self._give(tie, self._links.target(tie.inputs.get(to), kind), held)
        for tie in self._graph.of_type(_FOR_ALL):
            held = self.policies(tie.inputs.get("policyArn"))
            for to, kind in (("roles", ROLE), ("users", USER), ("groups", GROUP)):
                if tie.inputs.get(to):
                    self._give(tie, self._links.target(tie.inputs[to], kind), held)

    def _give(self, tie: Resource, target: Target, held: Iterable[Held]) -> None:
        held = list(held)
        for resource in target.resources:
            if resource.urn in self.all:
                self.all[resource.urn].held += held
        outside = any(resource.kind == "read" for resource in target.resources)
        if outside or not target.certain or not target.resources:
            # Its other documents are not in this program: the tie is judged by itself.
            self.all.setdefault(tie.urn, Principal(tie, whole=False)).held += held

    def _memberships(self) -> None:
        """A user has what the groups have that it is in."""
        pairs: list[tuple[Value, Value]] = [
            (tie.inputs.get("user"), tie.inputs.get("groups"))
            for tie in self._graph.of_type("aws:iam/userGroupMembership:UserGroupMembership")
        ]
        pairs += [
            (tie.inputs.get("users"), tie.inputs.get("group"))
            for tie in self._graph.of_type("aws:iam/groupMembership:GroupMembership")
        ]
        for users, groups in pairs:
            target = self._links.target(groups, GROUP)
            held = [
                given
                for group in target.resources
                for given in (self.all[group.urn].held if group.urn in self.all else [])
            ]
            if not target.certain or any(group.kind == "read" for group in target.resources):
                held.append(Held(None, "the policies of a group that this program does not make"))
            for user in self._links.target(users, USER).resources:
                if user.urn in self.all:
                    self.all[user.urn].held += held


def _at(resource: Resource) -> str:
    return f" at {resource.source}" if resource.source else ""
