package sluice.network.subnet_groups_test

import data.sluice.graph.fixture
import data.sluice.network.subnet_groups

_graph(inputs) := fixture.graph("dev", [fixture.resource("azure-native:network:Subnet", "s", inputs)])

_judged(inputs) := verdicts if {
	verdicts := fixture.verdicts(subnet_groups.findings) with input as _graph(inputs)
}

test_a_filtered_subnet_passes if {
	_judged({"subnetName": "data", "networkSecurityGroup": {"id": fixture.output("urn:g", "id")}}) == []
	_judged({"subnetName": "GatewaySubnet"}) == []
	count(subnet_groups.examined) == 1 with input as _graph({"subnetName": "data"})
}

test_a_subnet_without_a_group_fails if {
	_judged({"subnetName": "data"}) == ["fail"]
	_judged({}) == ["fail"]
}

test_unknown_is_undetermined if _judged({"networkSecurityGroup": fixture.unknown}) == ["undetermined"]
