"""Whatever a program gives as inputs, the graph rules and the difference of graphs end without an error."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from environments.load import load_all
from policies.gate.baseline import graph_delta
from policies.gate.destructive import check as destructive
from policies.gate.engines.graph_rules import check
from policies.gate.graph import ResourceGraph
from tests.graph_builder import SHORT, GraphBuilder, answer, ref, text, unknown

ENVIRONMENTS = load_all()
_NAMES = GraphBuilder()
ANY = [_NAMES.add(type_, f"r{index}") for index, type_ in enumerate(sorted(SHORT))]

KEYS = st.sampled_from(
    [
        "vpcId",
        "subnetId",
        "subnetIds",
        "ingress",
        "egress",
        "routes",
        "cidrBlock",
        "cidrBlocks",
        "gatewayId",
        "routeTableId",
        "defaultRouteTableId",
        "networkAclId",
        "subnets",
        "securityGroups",
        "vpcSecurityGroupIds",
        "securityGroupId",
        "protocol",
        "fromPort",
        "toPort",
        "ruleNumber",
        "ruleAction",
        "egress",
        "networkInterfaces",
        "networkInterface",
        "launchTemplate",
        "publiclyAccessible",
        "dbSubnetGroupName",
        "loadBalancerArn",
        "port",
        "defaultActions",
        "role",
        "policy",
        "policyArn",
        "roles",
        "user",
        "groups",
        "group",
        "assumeRolePolicy",
        "inlinePolicies",
        "managedPolicyArns",
        "permissionsBoundary",
        "bucket",
        "name",
        "targetKeyId",
        "network",
        "allows",
        "denies",
        "sourceRanges",
        "priority",
        "tags",
        "targetTags",
        "serviceAccount",
        "member",
        "members",
        "permissions",
        "policyData",
        "serviceAccountId",
        "networkProfile",
        "id",
        "ipConfigurations",
        "publicIPAddress",
        "networkSecurityGroup",
        "networkSecurityGroupName",
        "securityRules",
        "sku",
        "direction",
        "access",
        "sourceAddressPrefix",
        "destinationPortRange",
        "principalId",
        "roleDefinitionId",
        "scope",
        "serverName",
        "startIpAddress",
        "entries",
        "kmsKeyId",
        "backupRetentionPeriod",
        "forceDestroy",
        "expiration",
        "days",
        "type",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            "",
            "*",
            "tcp",
            "-1",
            "0.0.0.0/0",
            "::/0",
            "not an address",
            "22-x",
            "Allow",
            "deny",
            "{",
            "[]",
            "arn:aws:iam::1:role/x",
        ]
    ),
    st.sampled_from(ANY).map(ref),
    st.sampled_from(ANY).map(lambda item: f"x-{text(item, 'arn')}/*"),
    st.sampled_from(ANY).map(unknown),
    st.just(unknown()),
    st.just(answer("a:b:c", "d")),
    st.just({"$secret": {"origin": "config", "key": "k"}}),
    st.recursive(
        st.sampled_from(["*", "iam:*", 7, None, True]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "Statement",
                        "Effect",
                        "Action",
                        "Resource",
                        "Principal",
                        "Condition",
                        "bindings",
                        "members",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ).map(json.dumps),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
GRAPHS = st.lists(st.tuples(st.sampled_from(ANY), st.dictionaries(KEYS, VALUES, max_size=8)), max_size=8)


def _graph(resources: list[tuple[Any, dict[str, Any]]]) -> ResourceGraph:
    b = GraphBuilder()
    for made, inputs in resources:
        b.add(made.type, made.name, inputs)
    return b.graph()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(GRAPHS, GRAPHS)
def test_no_input_makes_a_rule_raise(one: Any, other: Any) -> None:
    base, head = _graph(one), _graph(other)
    for finding in check(head, "aws-dev", ENVIRONMENTS).findings:
        assert finding.message
    destructive(graph_delta(base, head), "aws-dev", "prod")
