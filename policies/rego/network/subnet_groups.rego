# METADATA
# title: Every Azure subnet has a security group
# description: >-
#   A subnet without a security group filters nothing: every machine of the network and of its peers may connect.
#   Azure adds none by itself.
# custom:
#   severity: high
#   category: network
#   fix: Name a network security group that denies what no rule allows.
#   frameworks: [CIS Azure 3.0 7.5, NIST 800-53 SC-7(5)]
#   mandatory: true
package sluice.network.subnet_groups

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

# Azure's own subnets refuse a group, or manage one themselves.
_without := {"azurefirewallsubnet", "azurefirewallmanagementsubnet", "gatewaysubnet", "routeserversubnet"}

_subnets := [subnet |
	some subnet in resources.of_type("azure-native:network:Subnet")
	name := values.at(resources.inputs(subnet), ["subnetName"])
	not _excused(name)
]

_excused(name) if {
	is_string(name)
	lower(name) in _without
}

examined contains subnet.urn if some subnet in _subnets

findings contains verdict.fail(subnet, "no network security group filters the subnet", ["networkSecurityGroup"]) if {
	some subnet in _subnets
	values.at(resources.inputs(subnet), ["networkSecurityGroup"]) == null
}

findings contains verdict.undetermined(subnet, "whether the subnet has a security group is not known before apply", ["networkSecurityGroup"]) if {
	some subnet in _subnets
	values.unknown(values.at(resources.inputs(subnet), ["networkSecurityGroup"]))
}
