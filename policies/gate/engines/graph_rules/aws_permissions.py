"""What an AWS role, user or group may do, over all its documents together, and where that leads."""

from __future__ import annotations

from dataclasses import dataclass

from policies.gate import values
from policies.gate.engines.graph_rules.aws_escalations import (
    ADMINISTRATOR,
    ESCALATIONS,
    PASS_ROLE,
    Escalation,
)
from policies.gate.engines.graph_rules.aws_principals import AwsPrincipals, Held, Principal
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.engines.graph_rules.policy_documents import Statement, is_wide
from policies.gate.verdicts import Rule, Severity

ADMIN = Rule(
    "permissions/administrator",
    "No identity is an administrator",
    Severity.CRITICAL,
    "iam",
    "graph",
    "Who takes over one such identity has the whole account: data, keys and backups.",
    "Name the actions and resources that it needs; leave administration to people who sign in for it.",
    frameworks=("CIS AWS 3.0 1.16", "NIST 800-53 AC-6", "ISO 27001 A.8.2", "PCI DSS 7.2.2"),
)
ESCALATION = Rule(
    "permissions/escalation",
    "No identity can make itself an administrator",
    Severity.CRITICAL,
    "iam",
    "graph",
    "Each document looks harmless; together they let their holder take any other identity's rights.",
    "Name the roles that may be passed, or take one of the actions away, or set a permissions boundary.",
    frameworks=("NIST 800-53 AC-6(10)", "ISO 27001 A.8.2", "MITRE ATT&CK T1078.004"),
)

RULES = (ADMIN, ESCALATION)

_ON_IDENTITIES = ("iam:attach", "iam:put", "iam:update", "iam:create", "iam:setdefault", "iam:delete")


@dataclass(frozen=True)
class Answer:
    """Whether an action may be done, and which document says so."""

    certainty: Certainty = Certainty.NO
    by: str = ""


def check(ledger: Ledger, links: Links) -> None:
    """Judges every identity; one that is an administrator is not asked whether it could become one."""
    principals = AwsPrincipals(links)
    judged = {urn: Permissions(principal) for urn, principal in principals.all.items()}
    admins = {urn: permissions.administrator() for urn, permissions in judged.items()}
    strong = {urn for urn, answer in admins.items() if answer.certainty is Certainty.YES}
    for urn, permissions in judged.items():
        resource = permissions.principal.resource
        answer = admins[urn]
        sure = "is" if answer.certainty is Certainty.YES else "may be (not known before apply)"
        ledger.judge(
            ADMIN, resource, answer.certainty, f"`{resource.name}` {sure} an administrator by {answer.by}"
        )
        if answer.certainty is Certainty.NO:
            _judge_escalation(ledger, permissions, strong)


def _judge_escalation(ledger: Ledger, permissions: Permissions, strong: set[str]) -> None:
    resource = permissions.principal.resource
    found: list[tuple[Escalation, Certainty, str]] = []
    for escalation in ESCALATIONS:
        certainty, by = permissions.enough_for(escalation, strong)
        if certainty is not Certainty.NO:
            found.append((escalation, certainty, by))
    if not found:
        ledger.judge(ESCALATION, resource, Certainty.NO)
        return
    worst = max(certainty for _, certainty, _ in found)
    ways = [item for item in found if item[1] is worst]
    told = "; ".join(
        f"{' + '.join(escalation.actions)} {escalation.does} ({by})" for escalation, _, by in ways[:3]
    )
    more = f"; and {len(ways) - 3} more ways" if len(ways) > 3 else ""
    head = (
        f"`{resource.name}` can make itself an administrator: {told}{more}"
        if worst is Certainty.YES
        else f"whether `{resource.name}` can make itself an administrator is not known before apply:"
        f" a document or a condition decides ({ways[0][2]})"
    )
    ledger.judge(ESCALATION, resource, worst, head)


class Permissions:
    """The effective permissions of one identity."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self._answers: dict[tuple[str, str], Answer] = {}

    def administrator(self) -> Answer:
        """Whether it may do everything that an administrator may."""
        answers = [self.may(action, "") for action in ADMINISTRATOR]
        worst = min(answer.certainty for answer in answers)
        by = ", ".join(dict.fromkeys(answer.by for answer in answers if answer.by))
        return Answer(worst, by)

    def enough_for(self, escalation: Escalation, strong: set[str]) -> tuple[Certainty, str]:
        """Whether it may do all of an escalation."""
        answers = []
        for action in escalation.actions:
            service = escalation.service if action == PASS_ROLE else ""
            answer = self.may(action, service)
            if answer.certainty is not Certainty.YES:
                answer = max(answer, self._on_known(action, service, strong), key=lambda item: item.certainty)
            if PASS_ROLE in escalation.actions and action != PASS_ROLE:
                answer = max(answer, self._somewhere(action), key=lambda item: item.certainty)
            if answer.certainty is Certainty.NO:
                return Certainty.NO, ""
            answers.append(answer)
        return (
            min(answer.certainty for answer in answers),
            ", ".join(dict.fromkeys(answer.by for answer in answers)),
        )

    def may(self, action: str, service: str) -> Answer:
        """Whether an action may be done on everything of its kind."""
        key = (action, service)
        if key not in self._answers:
            self._answers[key] = self._decided(action, service)
        return self._answers[key]

    def _decided(self, action: str, service: str) -> Answer:
        answer = self._allowed(self.principal.held, action, service)
        if self._refused(action):
            return Answer()
        if self.principal.boundary:
            bounded = self._allowed(self.principal.boundary, action, service)
            if bounded.certainty < answer.certainty:
                return Answer(bounded.certainty, f"{answer.by}, bounded by {bounded.by}")
        return answer

    def _allowed(self, held: list[Held], action: str, service: str) -> Answer:
        best = Answer()
        for item in held:
            found = Certainty.MAYBE if item.document is None else Certainty.NO
            for statement in item.document or ():
                if statement.allow and _covers_all(statement):
                    found = max(found, min(statement.names(action), _conditioned(statement, service)))
            if found > best.certainty:
                best = Answer(found, item.label)
        return best

    def _refused(self, action: str) -> bool:
        """Whether a document surely denies it. With a condition, it leaves times when it does not."""
        return any(
            not statement.allow
            and not statement.conditions
            and statement.names(action) is Certainty.YES
            and any(resource.strip("*") == "" for resource in statement.resources)
            for held in (*self.principal.held, *self.principal.boundary)
            for statement in held.document or ()
        )

    def _somewhere(self, action: str) -> Answer:
        """Whether an action may be done on anything: what is made anew takes a name that is allowed."""
        if self._refused(action):
            return Answer()
        best = Answer()
        for item in self.principal.held:
            for statement in item.document or ():
                found = (
                    min(statement.names(action), _conditioned(statement, ""))
                    if statement.allow
                    else Certainty.NO
                )
                if found > best.certainty:
                    best = Answer(found, item.label)
        if best.certainty is not Certainty.NO and self.principal.boundary:
            return Answer(min(best.certainty, Certainty.MAYBE), f"{best.by}, within a boundary")
        return best

    def _on_known(self, action: str, service: str, strong: set[str]) -> Answer:
        """An action on one identity is as bad, if that is an administrator or the holder itself."""
        wanted = strong | {self.principal.resource.urn}
        if action == PASS_ROLE or action == "sts:assumerole":
            wanted = strong
        elif not action.startswith(_ON_IDENTITIES):
            return Answer()
        if self._refused(action):
            return Answer()
        best = Answer()
        for item in self.principal.held:
            for statement in item.document or ():
                named = {ref.urn for text in statement.resources for ref in values.references_in_text(text)}
                if statement.allow and named & wanted:
                    found = min(statement.names(action), _conditioned(statement, service))
                    if found > best.certainty:
                        best = Answer(found, item.label)
        if best.certainty is not Certainty.NO and self.principal.boundary:
            return Answer(min(best.certainty, Certainty.MAYBE), f"{best.by}, within a boundary")
        return best


def _covers_all(statement: Statement) -> bool:
    """Whether a statement is about everything of a kind. What it leaves out does not make it harmless."""
    return bool(statement.not_resources) or any(is_wide(resource) for resource in statement.resources)


def _conditioned(statement: Statement, service: str) -> Certainty:
    """Whether a statement's conditions are met, for a role that is passed to a service."""
    if not statement.conditions:
        return Certainty.YES
    found = Certainty.YES
    for test in statement.conditions.values():
        for key, wanted in test.items():
            if key.lower() == "iam:passedtoservice" and service:
                if service not in wanted and not any("*" in item or "${" in item for item in wanted):
                    return Certainty.NO
            else:
                found = Certainty.MAYBE
    return found
