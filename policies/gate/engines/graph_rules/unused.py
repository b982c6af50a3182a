"""Resources that nothing uses, and resources that belong to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.gate import values
from policies.gate.engines.graph_rules.aws_endpoints import EIP, EIP_ASSOCIATION
from policies.gate.engines.graph_rules.aws_groups import EGRESS_RULE, GROUP, INGRESS_RULE, RULE
from policies.gate.engines.graph_rules.aws_principals import POLICY
from policies.gate.engines.graph_rules.aws_routes import SUBNET, AwsRoutes
from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.graph import Resource
from policies.gate.values import Value
from policies.gate.verdicts import Rule, Severity


def _rule(name: str, title: str, severity: Severity, why: str, fix: str, *frameworks: str) -> Rule:
    return Rule(f"unused/{name}", title, severity, "program", "graph", why, fix, False, frameworks)


UNUSED_GROUP = _rule(
    "security-group",
    "Every security group is borne by something",
    Severity.LOW,
    "A group that nobody bears is put on the wrong machine one day, with rules that nobody has looked at.",
    "Delete it, or put it on what it was made for.",
    "CIS AWS 3.0 5.4",
)
UNUSED_KEY = _rule(
    "key",
    "Every key encrypts something",
    Severity.LOW,
    "A key without a use hides that what it was made for is encrypted by another, or not at all.",
    "Name it where it was meant to be used, or delete it.",
)
UNUSED_POLICY = _rule(
    "policy",
    "Every policy is attached to someone",
    Severity.LOW,
    "Rights that nobody has are not looked at when somebody gets them.",
    "Attach it or delete it.",
)
UNUSED_ADDRESS = _rule(
    "address",
    "Every reserved public address is on something",
    Severity.LOW,
    "It is paid for by the hour, and where a name points at it, whoever gets it next speaks in that name.",
    "Attach it or release it.",
)
LOST_POLICY = _rule(
    "bucket-policy",
    "Every bucket policy is of a bucket of this program",
    Severity.MEDIUM,
    "A setting of another's bucket protects nothing here, and changes what this program does not own.",
    "Refer to the bucket resource, not to a name in quotes.",
)
LOOSE_SUBNET = _rule(
    "subnet-without-route-table",
    "Every subnet has a route table of its own",
    Severity.MEDIUM,
    "It follows the network's main table: a route added there opens it without a change of its own.",
    "Associate it with a route table.",
    "NIST 800-53 SC-7",
)
RULES = (UNUSED_GROUP, UNUSED_KEY, UNUSED_POLICY, UNUSED_ADDRESS, LOST_POLICY, LOOSE_SUBNET)

_KEY_SETTINGS = ("aws:kms/alias:Alias", "aws:kms/keyPolicy:KeyPolicy", "aws:kms/grant:Grant")
_GCP_KEY_BINDINGS = tuple(
    f"gcp:kms/cryptoKeyIAM{kind}:CryptoKeyIAM{kind}" for kind in ("Member", "Binding", "Policy")
)


@dataclass(frozen=True)
class _Watched:
    """A type whose resources something must refer to, other than what only sets them up."""

    rule: Rule
    types: tuple[str, ...]
    setup: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    """Types that stand for it: who uses an alias uses the key."""
    by: tuple[str, ...] = ()
    """Inputs that tie it to its user from its own side."""


_WATCHED = (
    _Watched(UNUSED_GROUP, (GROUP,), (RULE, INGRESS_RULE, EGRESS_RULE)),
    _Watched(
        UNUSED_GROUP, ("azure-native:network:NetworkSecurityGroup",), ("azure-native:network:SecurityRule",)
    ),
    _Watched(UNUSED_KEY, ("aws:kms/key:Key",), _KEY_SETTINGS[1:], _KEY_SETTINGS[:1]),
    _Watched(UNUSED_KEY, ("gcp:kms/cryptoKey:CryptoKey",), _GCP_KEY_BINDINGS),
    _Watched(UNUSED_KEY, ("azure-native:keyvault:Key",)),
    _Watched(UNUSED_POLICY, (POLICY,)),
    _Watched(UNUSED_ADDRESS, (EIP,), (), (EIP_ASSOCIATION,), ("instance", "networkInterface")),
    _Watched(UNUSED_ADDRESS, ("azure-native:network:PublicIPAddress",)),
)
_BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws:s3/directoryBucket:DirectoryBucket")
_GCP_BUCKET = "gcp:storage/bucket:Bucket"
_OF_BUCKETS = {
    **{
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}": _BUCKETS
        for name in (
            "BucketPolicy",
            "BucketPublicAccessBlock",
            "BucketVersioning",
            "BucketVersioningV2",
            "BucketServerSideEncryptionConfiguration",
            "BucketServerSideEncryptionConfigurationV2",
            "BucketObjectLockConfiguration",
            "BucketLifecycleConfiguration",
            "BucketOwnershipControls",
        )
    },
    **{
        f"gcp:storage/bucketIAM{kind}:BucketIAM{kind}": (_GCP_BUCKET,)
        for kind in ("Member", "Binding", "Policy")
    },
}


def check(ledger: Ledger, links: Links) -> None:
    """Judges every resource of a watched type."""
    texts = _Texts(ledger)
    for watched in _WATCHED:
        for resource in ledger.graph.of_type(*watched.types):
            if resource.managed:
                used = _used(ledger, links, watched, resource, texts)
                unsure = " as far as is known before apply" if used is Certainty.MAYBE else ""
                ledger.judge(watched.rule, resource, used.opposite, f"nothing uses `{resource.name}`{unsure}")
    _lost(ledger, links)
    _loose(ledger, links)


def _used(ledger: Ledger, links: Links, watched: _Watched, resource: Resource, texts: _Texts) -> Certainty:
    if any(resource.inputs.get(name) is not None for name in watched.by):
        return Certainty.YES
    # An Elastic IP's association ties it to something; an alias only does once someone names the alias.
    queue, seen = [resource.urn], {resource.urn}
    while queue:
        for urn in links.referrers.get(queue.pop(), ()):
            if not urn:
                return Certainty.YES  # handed out by the stack: used from outside
            referrer = ledger.graph.resources[urn]
            if referrer.type in watched.through and referrer.type != EIP_ASSOCIATION:
                if urn not in seen:
                    seen.add(urn)
                    queue.append(urn)
                names = (referrer.physical_name, referrer.inputs.get("name"))
                if any(texts.has(name, except_=seen) for name in names):
                    return Certainty.YES
            elif referrer.kind != "component" and referrer.type not in watched.setup:
                return Certainty.YES
    if texts.has(resource.physical_name, except_=seen):
        return Certainty.YES
    return Certainty.MAYBE if texts.unknown else Certainty.NO


class _Texts:
    """Every literal text in the inputs of a graph: a resource may be named by its name in quotes."""

    def __init__(self, ledger: Ledger) -> None:
        self._where: dict[str, set[str]] = {}
        self.unknown = False
        """Whether something holds an unknown that comes from nowhere: it may name anything."""
        for resource in ledger.graph.resources.values():
            if resource.kind in ("component", "provider"):
                continue
            for text in self._walk(resource.inputs):
                self._where.setdefault(text, set()).add(resource.urn)

    def has(self, name: Value, *, except_: Iterable[str]) -> bool:
        """Whether a resource other than these names it."""
        name = values.literal(name)
        return isinstance(name, str) and bool(self._where.get(name, set()) - set(except_))

    def _walk(self, value: Value) -> Iterable[str]:
        if isinstance(value, str):
            yield value
            if "/" in value or ":" in value:
                yield value.replace(":", "/").rsplit("/", 1)[-1]
        elif isinstance(value, list):
            for item in value:
                yield from self._walk(item)
        elif isinstance(value, dict):
            if values.UNKNOWN in value:
                self.unknown = self.unknown or not value[values.UNKNOWN].get("from")
            elif values.SECRET not in value and values.REF not in value:
                for item in value.values():
                    yield from self._walk(item)


def _lost(ledger: Ledger, links: Links) -> None:
    for resource in ledger.graph.of_type(*_OF_BUCKETS):
        if not resource.managed:
            continue
        target = links.target(resource.inputs.get("bucket"), *_OF_BUCKETS[resource.type])
        if target.resources:
            fault = Certainty.NO
        else:
            literal = isinstance(values.literal(resource.inputs.get("bucket")), str)
            fault = Certainty.YES if literal and not target.unknown else Certainty.MAYBE
        ledger.judge(
            LOST_POLICY,
            resource,
            fault,
            f"the bucket of `{resource.name}` is not one that this program makes or reads"
            if fault is Certainty.YES
            else f"the bucket of `{resource.name}` is not known before apply",
            attribute="bucket",
        )


def _loose(ledger: Ledger, links: Links) -> None:
    subnets = [subnet for subnet in ledger.graph.of_type(SUBNET) if subnet.managed]
    if not subnets:
        return
    routes = AwsRoutes(links)
    for subnet in subnets:
        tied = routes.has_table(subnet)
        sure = (
            "has no route table of its own" if tied is Certainty.NO else "may have no route table of its own"
        )
        ledger.judge(LOOSE_SUBNET, subnet, tied.opposite, f"subnet `{subnet.name}` {sure}")
