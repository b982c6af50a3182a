package sluice.network.public_address_test

import data.sluice.graph.fixture
import data.sluice.network.public_address

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(public_address.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_gcp := "gcp:compute/instance:Instance"

_vm := "azure-native:compute:VirtualMachine"

test_private_machines_pass if {
	_judged("aws:ec2/instance:Instance", {}) == []
	_judged(_gcp, {"networkInterfaces": [{"subnetwork": "s"}]}) == []
}

test_public_machines_fail if {
	_judged("aws:ec2/instance:Instance", {"associatePublicIpAddress": true}) == ["fail"]
	_judged(_gcp, {"networkInterfaces": [{"accessConfigs": [{}]}]}) == ["fail"]
	_judged(_vm, {"networkProfile": {"networkInterfaceConfigurations": [{"ipConfigurations": [{"publicIPAddressConfiguration": {"name": "p"}}]}]}}) == ["fail"]
	_judged("azure-native:network:NetworkInterface", {"ipConfigurations": [{"publicIPAddress": {"id": "x"}}]}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_judged("aws:ec2/instance:Instance", {"associatePublicIpAddress": fixture.unknown}) == ["undetermined"]
	_judged(_gcp, {"networkInterfaces": [{"accessConfigs": fixture.unknown}]}) == ["undetermined"]
	_judged(_vm, {"networkProfile": {"networkInterfaceConfigurations": [{"ipConfigurations": fixture.unknown}]}}) == ["undetermined"]
	_judged(_vm, {"networkProfile": {"networkInterfaceConfigurations": fixture.unknown}}) == ["undetermined"]
}

test_machines_are_looked_at if {
	count(public_address.examined) == 1 with input as fixture.graph("dev", [fixture.resource(_gcp, "m", {})])
}
