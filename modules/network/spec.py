"""What the network takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Output

from environments.model import Environment
from environments.vocabulary import SubnetTier

# The public tier is for gateways to the internet; nothing of the platform lives there.
PRIVATE_TIERS = (SubnetTier.ORCHESTRATION, SubnetTier.COMPUTE, SubnetTier.DATA)


@dataclass(frozen=True)
class Flow:
    """Traffic (TCP) that one tier may start towards another; there is no other."""

    source: SubnetTier
    target: SubnetTier
    purpose: str
    first_port: int
    last_port: int
    why: str
    """Letters, digits, spaces, commas: AWS takes no more in a rule's description."""

    @property
    def name(self) -> str:
        """For logical names."""
        return f"{self.source}-to-{self.target}-{self.purpose}"


_ORCHESTRATION, _COMPUTE, _DATA = PRIVATE_TIERS
# The warehouse adds its own port when there is one.
FLOWS = (
    Flow(_ORCHESTRATION, _ORCHESTRATION, "api", 443, 443, "The parts of Airflow among themselves"),
    Flow(_ORCHESTRATION, _ORCHESTRATION, "metadata", 5432, 5432, "The parts of Airflow to their database"),
    Flow(_COMPUTE, _COMPUTE, "shuffle", 1024, 65535, "Spark driver and executors, on ports that they choose"),
    Flow(_ORCHESTRATION, _DATA, "endpoints", 443, 443, "Airflow to the private endpoints of services"),
    Flow(_COMPUTE, _DATA, "endpoints", 443, 443, "Spark to the private endpoints of services"),
)


@dataclass(frozen=True)
class WayOut:
    """Traffic (TCP) that one tier may start towards the internet, where the environment has NAT."""

    source: SubnetTier
    port: int
    why: str
    """As a flow's."""

    @property
    def name(self) -> str:
        """For logical names."""
        return f"{self.source}-to-internet"


# Nothing else gets out: the data tier has no route, and the public one holds gateways only.
WAYS_OUT = (
    WayOut(_ORCHESTRATION, 443, "Airflow to the source systems and to the index of its requirements"),
    WayOut(_COMPUTE, 443, "Spark and functions to the source systems and to services without an endpoint"),
)


@dataclass(frozen=True)
class NetworkSpec:
    """Ranges, zones and retention are the environment's `network`."""

    environment: Environment
    log_key: Input[str] | None = None
    """The customer-managed key of its flow logs, where the cloud's log store takes one."""
    boundary: Input[str] | None = None
    """What the role that writes flow logs may not exceed, where the cloud has such a thing."""


@dataclass(frozen=True)
class NetworkOutputs:
    """Identifiers, as the cloud's other services ask for them."""

    network: Output[str]
    subnets: Mapping[SubnetTier, Sequence[Output[str]]]
    """By tier; one per zone where the cloud's subnets are zonal, else one."""
    security_groups: Mapping[SubnetTier, Output[str]]
    """What holds a tier's rules: a security group, or the network tag that firewall rules name."""
    route_tables: Mapping[SubnetTier, Sequence[Output[str]]] = field(default_factory=dict)
    """By tier, where subnets have tables of their own: for whoever adds a route or a gateway endpoint."""
    endpoints: Mapping[str, Output[str]] = field(default_factory=dict)
    """Private ways to the cloud's services, by the service's name in that cloud, such as `sqs`."""
