# METADATA
# title: Machines have no public address
# description: >-
#   A machine with a public address is one firewall mistake away from the internet, and its way out is not the
#   one that is watched. Machines reach the internet through NAT and are reached through a broker.
# custom:
#   severity: high
#   category: network
#   fix: Leave the public address out; use NAT for the way out and Session Manager, IAP or Bastion for the way in.
#   frameworks: [CIS AWS 3.0 5.1, CIS GCP 3.0 4.9, CIS Azure 3.0 8.1, NIST 800-53 SC-7]
#   mandatory: true
package sluice.network.public_address

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_none(path) := {"path": path, "must": "unset", "say": "the machine must have no public address"}

_off(path) := {"path": path, "must": "be", "values": [false], "default": false, "say": "machines must have no public address"}

requirements := {
	"aws:ec2/instance:Instance": [_off(["associatePublicIpAddress"])],
	"aws:ec2/launchConfiguration:LaunchConfiguration": [_off(["associatePublicIpAddress"])],
	"aws:ec2/launchTemplate:LaunchTemplate": [_off(["networkInterfaces", "*", "associatePublicIpAddress"])],
	"aws:ecs/service:Service": [_off(["networkConfiguration", "assignPublicIp"])],
	"azure-native:compute:VirtualMachine": [_none([
		"networkProfile",
		"networkInterfaceConfigurations",
		"*",
		"ipConfigurations",
		"*",
		"publicIPAddressConfiguration",
	])],
	"azure-native:containerservice:ManagedCluster": [_off(["agentPoolProfiles", "*", "enableNodePublicIP"])],
	"azure-native:network:NetworkInterface": [_none(["ipConfigurations", "*", "publicIPAddress"])],
}

# An access configuration, even an empty one, is a public address.
_machines := {"gcp:compute/instance:Instance", "gcp:compute/instanceTemplate:InstanceTemplate"}

examined := verdict.examined(requirements) | {machine.urn | some machine in resources.of_types(_machines)}

findings := verdict.findings(requirements) | _on_gcp

_on_gcp contains verdict.fail(machine, "the machine must have no public address", node.path) if {
	some machine in resources.of_types(_machines)
	some name in ["accessConfigs", "ipv6AccessConfigs"]
	some node in values.nodes(resources.inputs(machine), ["networkInterfaces", "*", name])
	not values.open(node.value)
	count(values.list(node.value)) > 0
}

_on_gcp contains verdict.undetermined(machine, "whether the machine has a public address is not known before apply", node.path) if {
	some machine in resources.of_types(_machines)
	some node in values.nodes(resources.inputs(machine), ["networkInterfaces", "*", "accessConfigs"])
	values.open(node.value)
}
