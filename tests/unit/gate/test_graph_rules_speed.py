"""All graph rules on 2,000 resources take about a second at most, and grow no faster than the graph.

The time is asserted with room for a slow machine: it guards against a quadratic rule, not for a number.
"""

from __future__ import annotations

import json
import time

from environments.load import load_all
from policies.gate.baseline import graph_delta
from policies.gate.engines.graph_rules import check
from policies.gate.graph import ResourceGraph
from tests.graph_builder import GraphBuilder, ref, text

ENVIRONMENTS = load_all()
SSH = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}


def network(size: int) -> ResourceGraph:
    """Ten resources of every kind the rules look at, as often as it takes."""
    b = GraphBuilder("aws-dev")
    vpc = b.add("Vpc", "vpc", {"cidrBlock": "10.0.0.0/8"})
    gateway = b.add("Gateway", "igw", {"vpcId": ref(vpc)})
    for n in range(size // 20):
        subnet = b.add("Subnet", f"subnet-{n}", {"vpcId": ref(vpc), "mapPublicIpOnLaunch": n % 2 == 0})
        table = b.add("RouteTable", f"table-{n}", {"vpcId": ref(vpc)})
        b.add(
            "Route",
            f"route-{n}",
            {"routeTableId": ref(table), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": ref(gateway)},
        )
        b.add("Association", f"tie-{n}", {"routeTableId": ref(table), "subnetId": ref(subnet)})
        group = b.add("Group", f"group-{n}", {"vpcId": ref(vpc), "ingress": [SSH]})
        b.add("GroupRule", f"rule-{n}", {"securityGroupId": ref(group), "type": "ingress", **SSH})
        b.add("Instance", f"machine-{n}", {"subnetId": ref(subnet), "vpcSecurityGroupIds": [ref(group)]})
        nic = b.add("Interface", f"nic-{n}", {"subnetId": ref(subnet), "securityGroups": [ref(group)]})
        b.add(
            "Instance",
            f"other-{n}",
            {"networkInterfaces": [{"networkInterfaceId": ref(nic), "deviceIndex": 0}]},
        )
        b.add("Eip", f"address-{n}", {"networkInterface": ref(nic)})
        subnets = b.add("SubnetGroup", f"subnets-{n}", {"subnetIds": [ref(subnet)]})
        b.add(
            "Rds", f"db-{n}", {"dbSubnetGroupName": ref(subnets, "name"), "vpcSecurityGroupIds": [ref(group)]}
        )
        lb = b.add("Balancer", f"lb-{n}", {"subnets": [ref(subnet)], "securityGroups": [ref(group)]})
        b.add("Listener", f"listener-{n}", {"loadBalancerArn": ref(lb, "arn"), "port": 443})
        bucket = b.add("Bucket", f"bucket-{n}", {"bucket": f"sluice-aws-dev-{n}"})
        b.add("BucketPolicy", f"bucket-policy-{n}", {"bucket": ref(bucket), "policy": "{}"})
        role = b.add("Role", f"role-{n}", {"assumeRolePolicy": json.dumps({"Statement": []})})
        statement = {
            "Effect": "Allow",
            "Action": ["s3:Get*", "iam:PassRole", f"glue:Start{n}*"],
            "Resource": text(bucket, "arn"),
        }
        policy = b.add("Policy", f"policy-{n}", {"policy": json.dumps({"Statement": [statement]})})
        b.add("Attachment", f"attachment-{n}", {"role": ref(role, "name"), "policyArn": ref(policy, "arn")})
        b.add("Key", f"key-{n}", {"description": "x"})
    return b.graph()


def seconds(size: int) -> float:
    graph = network(size)
    started = time.process_time()
    check(graph, "aws-dev", ENVIRONMENTS)
    return time.process_time() - started


def test_two_thousand_resources_take_about_a_second_and_growth_is_linear() -> None:
    seconds(100)  # caches and imports
    small, large = min(seconds(500), seconds(500)), min(seconds(2000), seconds(2000))
    print(f"500: {small:.3f} s, 2,000: {large:.3f} s")
    assert large < 2
    assert large < 8 * small


def test_the_difference_of_two_large_graphs_is_quick() -> None:
    base, head = network(2000), network(1900)
    started = time.process_time()
    delta = graph_delta(base, head)
    assert delta.counts()["delete"] == 100
    assert time.process_time() - started < 3
