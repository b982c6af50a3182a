"""Who may become an AWS role."""

from __future__ import annotations

import re

from policies.gate import values
from policies.gate.engines.graph_rules.aws_principals import ROLE
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.policy_documents import Statement, document
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.verdicts import Rule, Severity

ANYONE = Rule(
    "permissions/trust-anyone",
    "No role trusts everyone",
    Severity.CRITICAL,
    "iam",
    "graph",
    "Any account, or any repository of an identity provider, can take this role.",
    "Name the accounts, or add a condition on aws:PrincipalOrgID, or on the provider's `sub`.",
    frameworks=("CIS AWS 3.0 1.20", "NIST 800-53 AC-3", "ISO 27001 A.5.15"),
)
OTHER_ACCOUNT = Rule(
    "permissions/trust-other-account",
    "A role that another account may take asks for an external id or another proof",
    Severity.HIGH,
    "iam",
    "graph",
    "Without it, anyone whom that account serves can be sent here in its name (the confused deputy).",
    "Add a condition on sts:ExternalId, aws:PrincipalOrgID, aws:PrincipalArn or MFA.",
    frameworks=("NIST 800-53 AC-3", "ISO 27001 A.5.19"),
)

RULES = (ANYONE, OTHER_ACCOUNT)

_ACCOUNT = re.compile(r"^(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?::|$)")
_OWN = ("getCallerIdentity",)
# Conditions that hold a trust to someone in particular.
_HOLDING = {
    "sts:externalid",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:multifactorauthpresent",
    "aws:userid",
    "saml:aud",
}
_POSITIVE = re.compile(
    r"^(ForAnyValue:)?(String(Equals|Like|EqualsIgnoreCase)|Arn(Equals|Like)|Bool|IpAddress)$"
)


def check(ledger: Ledger, accounts: set[str]) -> None:
    """Judges the trust of every role; `accounts` are the graph's own, as far as they are known."""
    own = accounts | own_accounts(ledger.graph)
    for role in ledger.graph.of_type(ROLE):
        if role.kind != "read":
            _judge(ledger, role, own)


def own_accounts(graph: ResourceGraph) -> set[str]:
    """Accounts that the providers are held to."""
    found: set[str] = set()
    for provider in graph.providers.values():
        allowed = provider.inputs.get("allowedAccountIds")
        if isinstance(allowed, list):
            found |= {item for item in allowed if isinstance(item, str)}
    return found


def _judge(ledger: Ledger, role: Resource, own: set[str]) -> None:
    read = document(role.inputs.get("assumeRolePolicy"))
    if read is None:
        for rule in RULES:
            message = f"whom `{role.name}` trusts is not known before apply"
            ledger.judge(rule, role, Certainty.MAYBE, message, attribute="assumeRolePolicy")
        return
    anyone, other = (Certainty.NO, ""), (Certainty.NO, "")
    for statement in read:
        if not statement.allow:
            continue
        anyone = max(anyone, _anyone(statement))
        other = max(other, _other(statement, own))
    ledger.judge(ANYONE, role, anyone[0], f"`{role.name}` trusts {anyone[1]}", attribute="assumeRolePolicy")
    ledger.judge(
        OTHER_ACCOUNT,
        role,
        other[0],
        f"`{role.name}` trusts {other[1]} without a proof of who asks",
        attribute="assumeRolePolicy",
    )


def _anyone(statement: Statement) -> tuple[Certainty, str]:
    held = _held(statement)
    for kind, named in (statement.principals or {}).items():
        if kind == "*" or any(item == "*" for item in named):
            if kind == "Federated":
                return Certainty.YES, "every identity provider"
            if not held:
                return Certainty.YES, "everyone"
        if kind == "Federated":
            for provider in named:
                if "saml-provider" in provider or _subject_held(statement):
                    continue
                if values.references_in_text(provider):
                    return Certainty.MAYBE, "an identity provider, without a condition on its `sub`"
                if ":oidc-provider/" in provider or "cognito" in provider:
                    return Certainty.YES, f"everyone whom `{provider}` knows: no condition on its `sub`"
    return Certainty.NO, ""


def _other(statement: Statement, own: set[str]) -> tuple[Certainty, str]:
    if _held(statement):
        return Certainty.NO, ""
    found = (Certainty.NO, "")
    for item in (statement.principals or {}).get("AWS", ()):
        match = _ACCOUNT.match(item)
        if match:
            if match[1] in own:
                continue
            sure = Certainty.YES if own else Certainty.MAYBE
            found = max(found, (sure, f"account {match[1]}"))
        elif item != "*":
            found = max(found, (_unnamed(item), f"`{_shown(item)}`"))
    return found


def _unnamed(item: str) -> Certainty:
    """A principal made of references: a resource of this program or the caller's account is its own."""
    referred = values.references_in_text(item)
    if referred and all(
        ref.urn.startswith("urn:") or any(name in ref.urn for name in _OWN) for ref in referred
    ):
        return Certainty.NO
    return Certainty.MAYBE


def _shown(item: str) -> str:
    return item if len(item) < 80 else f"{item[:77]}…"


def _held(statement: Statement) -> bool:
    """Whether a condition says who may come."""
    for test, inside in (statement.conditions or {}).items():
        if not _POSITIVE.match(test):
            continue
        for key, wanted in inside.items():
            if key.lower() in _HOLDING and not any(item.strip("*") == "" for item in wanted):
                return True
    return False


def _subject_held(statement: Statement) -> bool:
    for test, inside in (statement.conditions or {}).items():
        for key, wanted in inside.items():
            subject = key.lower().endswith((":sub", ":amr", ":repository", ":repository_owner"))
            if subject and _POSITIVE.match(test) and not any(item.strip("*:") == "" for item in wanted):
                return True
    return False
