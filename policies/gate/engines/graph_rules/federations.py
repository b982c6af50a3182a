"""Who from outside may become an identity of this program: only whom the environment names.

A provider that this program itself runs, such as a cluster's, is not outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policies.gate import values
from policies.gate.context import TrustedFederation
from policies.gate.engines.graph_rules.aws_principals import ROLE
from policies.gate.engines.graph_rules.certainty import Certainty, is_open, items, literal_text, part
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.engines.graph_rules.policy_documents import Statement, document
from policies.gate.graph import Resource
from policies.gate.values import Value
from policies.gate.verdicts import Rule, Severity

RULE = Rule(
    "permissions/trusted-federation",
    "Nobody from outside becomes an identity here whom the environment does not name",
    Severity.HIGH,
    "iam",
    "graph",
    "Whoever controls such a job, in a repository or a cloud that is not ours, has this identity's rights.",
    "Name issuer and subjects in the environment's `trusted_federations`, or take the trust away.",
    frameworks=("NIST 800-53 AC-3", "NIST 800-53 IA-8", "ISO 27001 A.5.19"),
)
RULES = (RULE,)

_OIDC_PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
_CREDENTIALS = (
    "azure-native:managedidentity:FederatedIdentityCredential",
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential",
)
_POOL_PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
# `principal://…/subject/S`, `principalSet://…/attribute.NAME/VALUE`, `principalSet://…/*`
_POOL_MEMBER = re.compile(
    r"^principal(?:Set)?://iam\.googleapis\.com/.+/workloadIdentityPools/[^/]+/(?P<who>.+)$"
)
_POSITIVE = re.compile(r"^(ForAnyValue:)?String(Equals|EqualsIgnoreCase|Like)$")


@dataclass(frozen=True)
class _Said:
    """What is to be said of one trust."""

    fault: Certainty = Certainty.NO
    message: str = ""


def check(ledger: Ledger, links: Links, trusted: Sequence[TrustedFederation]) -> None:
    """Judges every trust in an identity provider; `trusted` are all that may be."""
    trust = _Trust(links, {one.issuer.rstrip("/").lower(): one for one in trusted})
    for role in ledger.graph.of_type(ROLE):
        if role.kind != "read":
            _judge(ledger, role, trust.of_role(role), "assumeRolePolicy")
    for credential in ledger.graph.of_type(*_CREDENTIALS):
        _judge(ledger, credential, [trust.of_credential(credential)], "subject")
    for provider in ledger.graph.of_type(_POOL_PROVIDER):
        _judge(ledger, provider, [trust.of_pool_provider(provider)], "oidc.issuerUri")
    for resource in ledger.graph.resources.values():
        if resource.package == "gcp":
            for attribute in ("member", "members"):
                said = [trust.of_pool_member(member) for member in _pool_members(resource, attribute)]
                _judge(ledger, resource, said, attribute)


def _judge(ledger: Ledger, resource: Resource, said: Iterable[_Said], attribute: str) -> None:
    """The worst of all that is said; nothing where no trust is given."""
    worst = max(said, key=lambda one: one.fault, default=None)
    if worst is not None:
        ledger.judge(RULE, resource, worst.fault, f"`{resource.name}`: {worst.message}", attribute=attribute)


class _Trust:
    def __init__(self, links: Links, by_issuer: dict[str, TrustedFederation]) -> None:
        self._links = links
        self._by_issuer = by_issuer

    def of_role(self, role: Resource) -> list[_Said]:
        """One for each federated principal of the role's trust policy."""
        return [
            self._of_principal(statement, provider)
            for statement in document(role.inputs.get("assumeRolePolicy")) or ()
            if statement.allow
            for provider in (statement.principals or {}).get("Federated", ())
        ]

    def of_credential(self, credential: Resource) -> _Said:
        """Azure: one issuer and one subject."""
        issuer, subject = credential.inputs.get("issuer"), credential.inputs.get("subject")
        if self._inside(issuer):
            return _Said()
        known, named = literal_text(issuer), literal_text(subject)
        if known is None or named is None:
            return _Said(Certainty.MAYBE, "which identity provider is trusted is not known before apply")
        return self._judged(known, [named])

    def of_pool_provider(self, provider: Resource) -> _Said:
        """Google Cloud: whom of the issuer's a pool lets in is said by a condition, and where it is used."""
        issuer = part(provider.inputs.get("oidc"), "issuerUri")
        if issuer is None:
            return _Said(Certainty.MAYBE, "a pool provider without OIDC cannot be held against the list")
        if self._inside(issuer):
            return _Said()
        known = literal_text(issuer)
        if known is None:
            return _Said(Certainty.MAYBE, "which identity provider is trusted is not known before apply")
        trusted = self._by_issuer.get(_address(known))
        if trusted is None:
            return _Said(Certainty.YES, f"`{known}` is no trusted identity provider")
        if provider.inputs.get("attributeCondition") is None and "*" not in trusted.subjects:
            return _Said(Certainty.YES, f"everyone whom `{known}` knows may come: no attribute condition")
        return _Said()

    def of_pool_member(self, who: str) -> _Said:
        """Google Cloud: a member of a pool, `subject/…`, `attribute.<name>/…` or `*` for all."""
        if who == "*":
            return _Said(Certainty.YES, "everyone in a workload identity pool gets the role")
        _, _, named = who.partition("/")
        if values.references_in_text(named):
            return _Said(Certainty.MAYBE, "who of a workload identity pool gets it is not known before apply")
        if any(one.covers(name) for one in self._by_issuer.values() for name in (named, f"repo:{named}:")):
            return _Said()
        return _Said(Certainty.YES, f"`{who}` is nobody whom the environment trusts")

    def _of_principal(self, statement: Statement, provider: str) -> _Said:
        if self._is_our_own(provider):
            return _Said()
        issuer = self._issuer(provider)
        if issuer is None:
            return _Said(Certainty.MAYBE, "which identity provider is trusted is not known before apply")
        host = issuer.removeprefix("https://")
        # The identities of a pool of users are known by the pool.
        asked = f"{host}:{'aud' if 'cognito' in host else 'sub'}"
        subjects = [
            subject
            for test, inside in (statement.conditions or {}).items()
            if _POSITIVE.match(test)
            for key, wanted in inside.items()
            if key.lower() == asked
            for subject in wanted
        ]
        return self._judged(issuer, subjects or ["*"])

    def _judged(self, issuer: str, subjects: Sequence[str]) -> _Said:
        trusted = self._by_issuer.get(_address(issuer))
        if trusted is None:
            return _Said(Certainty.YES, f"`{issuer}` is no trusted identity provider")
        for subject in subjects:
            if values.references_in_text(subject):
                return _Said(
                    Certainty.MAYBE, f"which subject of `{issuer}` may come is not known before apply"
                )
            if not trusted.covers(subject):
                who = "everyone" if subject.strip("*") == "" else f"`{subject}`"
                return _Said(Certainty.YES, f"{who} of `{issuer}` is nobody whom the environment trusts")
        return _Said()

    def _issuer(self, provider: str) -> str | None:
        """The address of a provider that a trust policy names by its ARN, by reference or by its host."""
        for item in values.references_in_text(provider):
            made = self._links.graph.resources.get(item.urn)
            url = literal_text(made.inputs.get("url")) if made is not None else None
            return None if url is None else _address(url)
        if ":saml-provider/" in provider:
            return provider
        return _address(provider.rsplit(":oidc-provider/", 1)[-1])

    def _is_our_own(self, provider: str) -> bool:
        made = [self._links.graph.resources.get(item.urn) for item in values.references_in_text(provider)]
        return any(
            one is not None and one.type == _OIDC_PROVIDER and self._inside(one.inputs.get("url"))
            for one in made
        )

    def _inside(self, issuer: Value) -> bool:
        """Whether the issuer's address is an output of what this program makes, such as a cluster."""
        return is_open(issuer) and any(
            (made := self._links.graph.resources.get(item.urn)) is not None and made.managed
            for item in values.references(issuer)
        )


def _address(issuer: str) -> str:
    text = issuer.rstrip("/").lower()
    return text if text.startswith(("https://", "arn:")) else f"https://{text}"


def _pool_members(resource: Resource, attribute: str) -> list[str]:
    known, _ = items(resource.inputs.get(attribute))
    matches = (_POOL_MEMBER.match(item) for item in known if isinstance(item, str))
    return [match["who"] for match in matches if match]
