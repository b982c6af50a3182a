"""Rules on what the internet can reach. Each finding tells the way in, hop by hop."""

from __future__ import annotations

from dataclasses import dataclass

from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.ports import NOTHING, Between
from policies.gate.graph import Resource
from policies.gate.verdicts import Rule, Severity

_FRAMEWORKS = ("CIS AWS 3.0 5.1", "CIS AWS 3.0 5.2", "NIST 800-53 SC-7", "ISO 27001 A.8.20", "PCI DSS 1.3.1")

DATABASE = Rule(
    "reachability/database-from-internet",
    "No database can be reached from the internet",
    Severity.CRITICAL,
    "public-exposure",
    "graph",
    "Route, gateway, subnet, network ACL and groups together let anyone on the internet try passwords"
    " and known holes against the place where the data is.",
    "Put it into subnets without a route to an internet gateway, without a public address, and let in only"
    " the security groups of its clients.",
    frameworks=(*_FRAMEWORKS, "CIS AWS 3.0 2.3.3"),
)
COMPUTE = Rule(
    "reachability/compute-from-internet",
    "No machine can be reached from the internet",
    Severity.HIGH,
    "public-exposure",
    "graph",
    "A machine with a public address, a route and an open port is scanned within minutes.",
    "Take the public address away, or narrow the security group to the addresses that need it; reach it"
    " through a session manager or a load balancer.",
    frameworks=_FRAMEWORKS,
)
BALANCER = Rule(
    "reachability/load-balancer-from-internet",
    "No load balancer faces the internet unless someone answers for it",
    Severity.MEDIUM,
    "public-exposure",
    "graph",
    "A data platform serves its own people; a load balancer that faces the internet opens what is behind it.",
    "Make it internal, or waive this with the owner's name.",
    frameworks=_FRAMEWORKS,
)
ONE_HOP = Rule(
    "reachability/database-one-hop-from-internet",
    "No database lets in a group that the internet reaches",
    Severity.HIGH,
    "public-exposure",
    "graph",
    "Who takes over the machine in front is beside the data: the database lets its security group in.",
    "Put a private tier between: the database lets in only groups that nothing with a public way in bears.",
    frameworks=("NIST 800-53 SC-7(21)", "ISO 27001 A.8.22"),
)

RULES = (DATABASE, COMPUTE, BALANCER, ONE_HOP)


@dataclass(frozen=True)
class Reach:
    """Whether the internet reaches something, over which ports, and by which way."""

    certainty: Certainty = Certainty.NO
    ports: Between = NOTHING
    way: tuple[str, ...] = ()

    def worse(self, other: Reach) -> Reach:
        """The more certain of two."""
        return other if other.certainty > self.certainty else self


def report(ledger: Ledger, rule: Rule, resource: Resource, reach: Reach, attribute: str = "") -> None:
    """Writes what was found for one resource."""
    way = " -> ".join(("internet", *reach.way, f"`{resource.name}`"))
    if reach.certainty is Certainty.YES:
        message = f"`{resource.name}` can be reached from the internet on {reach.ports.shown}: {way}"
    else:
        message = (
            f"whether the internet reaches `{resource.name}` is not known before apply; it may by: {way}"
        )
    ledger.judge(rule, resource, reach.certainty, message, attribute=attribute)
