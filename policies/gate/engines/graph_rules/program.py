"""What is wrong with the program itself: names that the cloud refuses, and what the capture could not see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies.gate import values
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.graph import Diagnostic, Resource
from policies.gate.verdicts import Finding, Rule, Severity, Verdict, on

DUPLICATE = Rule(
    "program/duplicate-urn",
    "No two resources have one URN",
    Severity.HIGH,
    "program",
    "graph",
    "Pulumi refuses the update half way, and this gate sees only the first of the two.",
    "Give one of them another name.",
)
UNANSWERED = Rule(
    "program/unanswered-call",
    "Every call of a provider function is answered",
    Severity.MEDIUM,
    "program",
    "graph",
    "What hangs on the answer is not known here, so no rule could look at it.",
    "Record an answer as a fixture.",
)
REMOTE = Rule(
    "program/remote-component",
    "No component is made by a plugin that this gate cannot run",
    Severity.MEDIUM,
    "program",
    "graph",
    "The resources inside it are not in the graph: no rule has looked at them.",
    "Use a component in Python, or waive this with the name of who has looked inside.",
)
NOT_RUN = Rule(
    "program/not-run",
    "Every function of the program can be run on what stands for a value of the cloud's",
    Severity.MEDIUM,
    "program",
    "graph",
    "What it would make, or refuse, is not known here, so no rule could look at it.",
    "Let the function take any text, or make resources outside it; what it returns is unknown as in a preview.",
)
MISTYPED = Rule(
    "input/mistyped",
    "Every input has the type that its package declares",
    Severity.MEDIUM,
    "projection",
    "graph",
    "Rules compare by type: on a value of another type they say nothing, so nobody has looked at it.",
    "Give the input the type that the package declares; a provider may convert it, no rule does.",
)
NAME = Rule(
    "program/physical-name",
    "Every physical name is one that its cloud accepts",
    Severity.MEDIUM,
    "program",
    "graph",
    "The update fails half way, with part of the change made.",
    "Shorten it, or use the naming rule that cuts with a hash.",
    mandatory=False,
)
RULES = (DUPLICATE, UNANSWERED, REMOTE, NOT_RUN, MISTYPED, NAME)

_DIAGNOSED = {
    "duplicate-urn": (DUPLICATE, Verdict.FAIL),
    "unanswered-call": (UNANSWERED, Verdict.UNDETERMINED),
    "remote-component": (REMOTE, Verdict.UNDETERMINED),
    "not-run": (NOT_RUN, Verdict.UNDETERMINED),
    "mistyped": (MISTYPED, Verdict.UNDETERMINED),
}


@dataclass(frozen=True)
class _Limit:
    """What a cloud takes as a name. `added` is what Pulumi puts behind a logical name, given none."""

    most: int
    least: int = 1
    form: str = ""
    added: int = 8


_LIMITS = {
    **dict.fromkeys(
        ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"), _Limit(63, 3, r"[a-z0-9][a-z0-9.-]*[a-z0-9]")
    ),
    "aws:iam/role:Role": _Limit(64, 1, r"[\w+=,.@-]+"),
    "aws:iam/user:User": _Limit(64, 1, r"[\w+=,.@-]+"),
    "aws:iam/policy:Policy": _Limit(128, 1, r"[\w+=,.@-]+"),
    "aws:iam/instanceProfile:InstanceProfile": _Limit(128, 1, r"[\w+=,.@-]+"),
    "aws:lambda/function:Function": _Limit(64, 1, r"[\w-]+"),
    "aws:lb/loadBalancer:LoadBalancer": _Limit(32, 1, r"[A-Za-z0-9-]+"),
    "aws:alb/loadBalancer:LoadBalancer": _Limit(32, 1, r"[A-Za-z0-9-]+"),
    "aws:lb/targetGroup:TargetGroup": _Limit(32, 1, r"[A-Za-z0-9-]+"),
    "aws:rds/instance:Instance": _Limit(63, 1, r"[A-Za-z][A-Za-z0-9-]*"),
    "aws:rds/cluster:Cluster": _Limit(63, 1, r"[A-Za-z][A-Za-z0-9-]*"),
    "aws:redshift/cluster:Cluster": _Limit(63, 1, r"[a-z][a-z0-9-]*"),
    "aws:redshiftserverless/workgroup:Workgroup": _Limit(64, 3, r"[a-z0-9-]+"),
    "aws:redshiftserverless/namespace:Namespace": _Limit(64, 3, r"[a-z0-9-]+"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _Limit(40, 1, r"[A-Za-z][A-Za-z0-9-]*"),
    "aws:sqs/queue:Queue": _Limit(80, 1, r"[\w-]+(\.fifo)?"),
    "aws:sns/topic:Topic": _Limit(256, 1, r"[\w-]+(\.fifo)?"),
    "aws:secretsmanager/secret:Secret": _Limit(512, 1, r"[\w/+=.@-]+"),
    "aws:dynamodb/table:Table": _Limit(255, 3, r"[\w.-]+"),
    "aws:mwaa/environment:Environment": _Limit(80, 1, r"[A-Za-z][\w-]*"),
    "aws:emrserverless/application:Application": _Limit(64, 1, r"[\w./#-]+"),
    "aws:backup/vault:Vault": _Limit(50, 2, r"[\w-]+"),
    "aws:ec2/securityGroup:SecurityGroup": _Limit(255),
    "aws:cloudwatch/eventBus:EventBus": _Limit(256, 1, r"[\w./-]+"),
    "aws:cloudwatch/eventRule:EventRule": _Limit(64, 1, r"[\w.-]+"),
    "aws:scheduler/schedule:Schedule": _Limit(64, 1, r"[\w.-]+"),
    "gcp:storage/bucket:Bucket": _Limit(63, 3, r"[a-z0-9][a-z0-9._-]*[a-z0-9]"),
    "gcp:serviceaccount/account:Account": _Limit(30, 6, r"[a-z][a-z0-9-]*[a-z0-9]", 0),
    "gcp:compute/network:Network": _Limit(63, 1, r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "gcp:compute/subnetwork:Subnetwork": _Limit(63, 1, r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "gcp:compute/firewall:Firewall": _Limit(63, 1, r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "gcp:compute/instance:Instance": _Limit(63, 1, r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "gcp:compute/router:Router": _Limit(63, 1, r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "gcp:composer/environment:Environment": _Limit(63, 1, r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "gcp:sql/databaseInstance:DatabaseInstance": _Limit(98, 1, r"[a-z][a-z0-9-]*"),
    "gcp:bigquery/dataset:Dataset": _Limit(1024, 1, r"\w+", 0),
    "gcp:secretmanager/secret:Secret": _Limit(255, 1, r"[\w-]+", 0),
    "gcp:kms/keyRing:KeyRing": _Limit(63, 1, r"[\w-]+"),
    "gcp:kms/cryptoKey:CryptoKey": _Limit(63, 1, r"[\w-]+"),
    "gcp:pubsub/topic:Topic": _Limit(255, 3, r"[A-Za-z][\w.~+%-]*"),
    "azure-native:storage:StorageAccount": _Limit(24, 3, r"[a-z0-9]+"),
    "azure-native:keyvault:Vault": _Limit(24, 3, r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"),
    "azure-native:resources:ResourceGroup": _Limit(90, 1, r"[\w().-]*[\w()-]"),
    "azure-native:network:VirtualNetwork": _Limit(64, 2, r"[A-Za-z0-9][\w.-]*\w"),
    "azure-native:network:NetworkSecurityGroup": _Limit(80, 1, r"[A-Za-z0-9]([\w.-]*\w)?"),
    "azure-native:sql:Server": _Limit(63, 1, r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"),
    "azure-native:dbforpostgresql:Server": _Limit(63, 3, r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"),
    "azure-native:synapse:Workspace": _Limit(50, 1, r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"),
    "azure-native:synapse:BigDataPool": _Limit(15, 1, r"[A-Za-z][A-Za-z0-9]*"),
    "azure-native:containerregistry:Registry": _Limit(50, 5, r"[A-Za-z0-9]+"),
    "azure-native:compute:VirtualMachine": _Limit(64, 1),
    "azure-native:managedidentity:UserAssignedIdentity": _Limit(128, 3, r"[A-Za-z0-9][\w-]*"),
    "azure-native:operationalinsights:Workspace": _Limit(63, 4, r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"),
    "azure-native:eventhub:Namespace": _Limit(50, 6, r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"),
    "azure-native:servicebus:Namespace": _Limit(50, 6, r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"),
}


def check(ledger: Ledger) -> None:
    """Turns diagnostics into findings, and judges every physical name."""
    for diagnostic in ledger.graph.diagnostics:
        if diagnostic.kind in _DIAGNOSED:
            _diagnosed(ledger, diagnostic)
    answered = {item.message for item in ledger.graph.diagnostics if item.kind == "unanswered-call"}
    for call in ledger.graph.calls:
        if call.answered_by == "nobody" and not any(call.token in message for message in answered):
            message = f"nobody answered the call of {call.token}"
            ledger.write(
                Finding(UNANSWERED, Verdict.UNDETERMINED, message, ledger.environment, sites=call.sites)
            )
    for type_, limit in _LIMITS.items():
        for resource in ledger.graph.of_type(type_):
            if resource.managed:
                _name(ledger, resource, limit)


def _diagnosed(ledger: Ledger, diagnostic: Diagnostic) -> None:
    rule, verdict = _DIAGNOSED[diagnostic.kind]
    resource = ledger.graph.resources.get(diagnostic.urn or "")
    if resource is not None:
        ledger.write(
            on(
                rule,
                resource,
                ledger.environment,
                diagnostic.message,
                verdict=verdict,
                attribute=diagnostic.attribute,
            )
        )
        return
    ledger.write(
        Finding(
            rule,
            verdict,
            diagnostic.message,
            ledger.environment,
            diagnostic.urn or "",
            sites=diagnostic.sites,
        )
    )


def _name(ledger: Ledger, resource: Resource, limit: _Limit) -> None:
    given = values.literal(resource.physical_name)
    if given is None:
        prefixed = resource.inputs.get("namePrefix") or resource.inputs.get("bucketPrefix")
        length = len(resource.name) + limit.added
        fault = Certainty.YES if length > limit.most and prefixed is None else Certainty.NO
        message = f"the name made of `{resource.name}` has {length} characters; {limit.most} are accepted"
    elif isinstance(given, str) and "${" not in given:
        wrong = _wrong(given, limit)
        fault, message = Certainty(2 * bool(wrong)), f"`{given}` {wrong}"
    else:
        literal = re.sub(r"\$\{[^}]*\}", "", given) if isinstance(given, str) else ""
        fault = Certainty.YES if len(literal) > limit.most else Certainty.MAYBE
        message = f"how long the name of `{resource.name}` becomes is not known; {limit.most} are accepted"
    ledger.judge(NAME, resource, fault, message)


def _wrong(name: str, limit: _Limit) -> str:
    if not limit.least <= len(name) <= limit.most:
        return f"has {len(name)} characters; {limit.least} to {limit.most} are accepted"
    if limit.form and not re.fullmatch(limit.form, name):
        return f"has characters that are not accepted (it must match {limit.form})"
    return ""
