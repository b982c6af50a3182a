package sluice.public_exposure.ingress_test

import data.sluice.graph.fixture
import data.sluice.public_exposure.ingress

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(ingress.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_group(rule) := _judged("aws:ec2/securityGroup:SecurityGroup", {"ingress": [rule]})

_rule(inputs) := _judged("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", inputs)

_old_rule(inputs) := _judged("aws:ec2/securityGroupRule:SecurityGroupRule", inputs)

_firewall(inputs) := _judged("gcp:compute/firewall:Firewall", inputs)

_azure(inputs) := _judged("azure-native:network:SecurityRule", inputs)

test_private_range_passes if {
	_group({"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrBlocks": ["10.0.0.0/8"]}) == []
}

test_web_port_passes if {
	_group({"fromPort": 443, "toPort": 443, "protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}) == []
}

test_world_fails if {
	_group({"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}) == ["fail"]
	_group({"fromPort": 0, "toPort": 0, "protocol": "-1", "ipv6CidrBlocks": ["::/0"]}) == ["fail"]
	_group({"fromPort": 80, "toPort": 443, "protocol": "tcp", "cidrBlocks": ["0.0.0.0/1"]}) == ["fail"]
	_rule({"cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}) == ["fail"]
	_old_rule({"type": "ingress", "fromPort": "22", "toPort": 22, "protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}) == ["fail"]
}

test_egress_is_not_ingress if {
	_old_rule({"type": "egress", "fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}) == []
}

test_unknowns_are_undetermined if {
	_group({"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrBlocks": fixture.unknown}) == ["undetermined"]
	_group({"fromPort": fixture.unknown, "toPort": 22, "protocol": "udp", "cidrBlocks": ["10.0.0.0/8"]}) == []
	_group({"fromPort": fixture.unknown, "toPort": fixture.unknown, "protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}) == ["undetermined"]
	_judged("aws:ec2/securityGroup:SecurityGroup", {"ingress": fixture.unknown}) == ["undetermined"]
	_rule({"cidrIpv4": "${call:aws:x#cidr}", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}) == ["undetermined"]
	_azure(object.union(_ssh, {"sourceAddressPrefix": fixture.secret})) == ["undetermined"]
	_judged("azure-native:network:NetworkSecurityGroup", {"securityRules": fixture.unknown}) == ["undetermined"]
}

test_range_of_another_resource_is_not_the_world if {
	_rule({"cidrIpv4": fixture.output("urn:vpc", "cidrBlock"), "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}) == []
}

test_gcp if {
	_firewall({"allows": [{"protocol": "tcp", "ports": ["22", "8000-8080"]}], "sourceRanges": ["10.0.0.0/8"]}) == []
	_firewall({"allows": [{"protocol": "tcp", "ports": ["22"]}], "sourceRanges": ["0.0.0.0/0"]}) == ["fail"]
	_firewall({"allows": [{"protocol": "tcp", "ports": ["22"]}]}) == ["fail"]
	_firewall({"allows": [{"protocol": "tcp", "ports": ["22"]}], "sourceTags": ["bastion"]}) == []
	_firewall({"allows": [{"protocol": "all"}], "sourceRanges": ["0.0.0.0/0"]}) == ["fail"]
	_firewall({"direction": "EGRESS", "allows": [{"protocol": "all"}]}) == []
	_firewall({"allows": [{"protocol": "icmp"}], "sourceRanges": ["0.0.0.0/0"]}) == []
}

_ssh := {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destinationPortRange": "22"}

test_azure if {
	_azure(object.union(_ssh, {"sourceAddressPrefix": "Internet"})) == ["fail"]
	_azure(object.union(_ssh, {"sourceAddressPrefix": "VirtualNetwork"})) == []
	_azure(object.union(_ssh, {"access": "Deny", "sourceAddressPrefix": "*"})) == []
	_judged("azure-native:network:NetworkSecurityGroup", {"securityRules": [object.union(_ssh, {"sourceAddressPrefixes": ["*"], "destinationPortRange": "*"})]}) == ["fail"]
}

test_every_kind_is_looked_at if {
	graph := fixture.graph("dev", [fixture.resource("gcp:compute/firewall:Firewall", "r", {})])
	count(ingress.examined) == 1 with input as graph
}
