"""The network on GCP: a VPC without a way in, and out to Google's own services only."""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp
from pulumi import ResourceOptions

from environments.naming import physical_name, tags
from environments.vocabulary import SubnetTier
from modules.network.spec import FLOWS, PRIVATE_TIERS, Flow, NetworkOutputs, NetworkSpec

# Names of VPCs, subnets and firewall rules.
NAME_LIMIT = 63
# private.googleapis.com: Google's services at addresses that are routed inside Google only.
GOOGLE_RANGE = "199.36.153.8/30"
GOOGLE_ADDRESSES = ("199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11")
EVERYWHERE = "0.0.0.0/0"
LAST = 65534
LOGGED = "INCLUDE_ALL_METADATA"
DNS_SECONDS = 300


class GcpNetwork(pulumi.ComponentResource):
    """Private subnets by tier, firewall rules between the tiers, the way to Google, flow logs.

    Subnets are regional here: a tier has one, and services spread over the zones by themselves.
    """

    outputs: NetworkOutputs

    def __init__(self, name: str, spec: NetworkSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:network:GcpNetwork", name, None, opts)
        self._environment = spec.environment
        self._inside = ResourceOptions(parent=self)
        self._vpc = gcp.compute.Network(
            "vpc",
            name=self._named("vpc"),
            project=spec.environment.account,
            description=f"The network of {spec.environment.name}",
            auto_create_subnetworks=False,
            delete_default_routes_on_create=True,  # the default one leads to the internet
            routing_mode="REGIONAL",
            opts=self._inside,
        )
        subnets = {tier: self._subnet(tier) for tier in PRIVATE_TIERS}
        for flow in FLOWS:
            self._allow(flow)
        self._deny("in")
        self._deny("out")
        self._way_to_google()
        self._keep_flow_logs()
        self.outputs = NetworkOutputs(
            network=self._vpc.id,
            subnets={tier: [subnet.id] for tier, subnet in subnets.items()},
            security_groups={
                tier: pulumi.Output.from_input(self._named(str(tier))) for tier in PRIVATE_TIERS
            },
        )
        self.register_outputs({})

    def _named(self, part: str) -> str:
        return physical_name(self._environment, "network", part, limit=NAME_LIMIT)

    def _subnet(self, tier: SubnetTier) -> gcp.compute.Subnetwork:
        return gcp.compute.Subnetwork(
            f"{tier}-subnet",
            name=self._named(str(tier)),
            project=self._environment.account,
            region=self._environment.region,
            network=self._vpc.id,
            ip_cidr_range=str(self._environment.network.tier_range(tier)),
            private_ip_google_access=True,
            log_config={"aggregation_interval": "INTERVAL_1_MIN", "flow_sampling": 1.0, "metadata": LOGGED},
            opts=self._inside,
        )

    def _allow(self, flow: Flow) -> None:
        """Rules name the tiers' network tags, which only who may edit an instance can set."""
        source, target = self._named(str(flow.source)), self._named(str(flow.target))
        allows: list[gcp.compute.FirewallAllowArgsDict] = [
            {"protocol": "tcp", "ports": [_ports(flow.first_port, flow.last_port)]}
        ]
        gcp.compute.Firewall(
            f"{flow.name}-in",
            name=self._named(f"{flow.name}-in"),
            project=self._environment.account,
            network=self._vpc.id,
            description=flow.why,
            direction="INGRESS",
            allows=allows,
            source_tags=[source],
            target_tags=[target],
            log_config={"metadata": LOGGED},
            opts=self._inside,
        )
        gcp.compute.Firewall(
            f"{flow.name}-out",
            name=self._named(f"{flow.name}-out"),
            project=self._environment.account,
            network=self._vpc.id,
            description=flow.why,
            direction="EGRESS",
            allows=allows,
            # An outgoing rule cannot name a tag at its far end.
            destination_ranges=[str(self._environment.network.tier_range(flow.target))],
            target_tags=[source],
            log_config={"metadata": LOGGED},
            opts=self._inside,
        )

    def _deny(self, direction: str) -> None:
        """Last of all. Incoming traffic is refused anyway, but without a log; outgoing is not."""
        everywhere = [EVERYWHERE]
        gcp.compute.Firewall(
            f"deny-{direction}",
            name=self._named(f"deny-{direction}"),
            project=self._environment.account,
            network=self._vpc.id,
            description="All that no other rule allows",
            direction="INGRESS" if direction == "in" else "EGRESS",
            denies=[{"protocol": "all"}],
            source_ranges=everywhere if direction == "in" else None,
            destination_ranges=everywhere if direction == "out" else None,
            priority=LAST,
            log_config={"metadata": LOGGED},
            opts=self._inside,
        )

    def _way_to_google(self) -> None:
        """Route, rule and names: all of googleapis.com is found at the private addresses."""
        environment = self._environment
        gcp.compute.Route(
            "to-google",
            name=self._named("to-google"),
            project=environment.account,
            network=self._vpc.id,
            description="Google's services, at addresses that never leave Google",
            dest_range=GOOGLE_RANGE,
            next_hop_gateway="default-internet-gateway",
            opts=self._inside,
        )
        gcp.compute.Firewall(
            "to-google-out",
            name=self._named("to-google-out"),
            project=environment.account,
            network=self._vpc.id,
            description="Google's services",
            direction="EGRESS",
            allows=[{"protocol": "tcp", "ports": ["443"]}],
            destination_ranges=[GOOGLE_RANGE],
            target_tags=[self._named(str(tier)) for tier in PRIVATE_TIERS],
            log_config={"metadata": LOGGED},
            opts=self._inside,
        )
        zone = gcp.dns.ManagedZone(
            "google-names",
            name=self._named("google-names"),
            project=environment.account,
            dns_name="googleapis.com.",
            description="Google's services at their private addresses",
            visibility="private",
            private_visibility_config={"networks": [{"network_url": self._vpc.id}]},
            labels=tags(environment),
            opts=self._inside,
        )
        records = (
            ("private", "A", "private.googleapis.com.", list(GOOGLE_ADDRESSES)),
            ("any", "CNAME", "*.googleapis.com.", ["private.googleapis.com."]),
        )
        for word, kind, host, data in records:
            gcp.dns.RecordSet(
                f"google-names-{word}",
                name=host,
                project=environment.account,
                managed_zone=zone.name,
                type=kind,
                ttl=DNS_SECONDS,
                rrdatas=data,
                opts=self._inside,
            )

    def _keep_flow_logs(self) -> None:
        """A log bucket of the network's own, because the project's default one keeps 30 days."""
        environment = self._environment
        bucket = gcp.logging.ProjectBucketConfig(
            "flow-logs",
            bucket_id=self._named("flow-logs"),
            project=environment.account,
            location=environment.region,
            retention_days=environment.network.flow_log_retention_days,
            description=f"Flow and firewall logs of {environment.name}",
            opts=self._inside,
        )
        logs = " OR ".join(f'log_id("compute.googleapis.com/{log}")' for log in ("vpc_flows", "firewall"))
        gcp.logging.ProjectSink(
            "flow-logs-sink",
            name=self._named("flow-logs"),
            project=environment.account,
            destination=pulumi.Output.concat("logging.googleapis.com/", bucket.id),
            filter=logs,
            unique_writer_identity=True,
            opts=self._inside,
        )


def _ports(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
