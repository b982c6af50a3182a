# METADATA
# title: No prefix list lets the whole internet in
# description: >-
#   A security group that names a prefix list looks tight, and is as open as the widest range on that list. The
#   list and its entries are often resources of their own, far from the group.
# custom:
#   severity: critical
#   category: public-exposure
#   fix: Put only networks that are known by name on a prefix list that an ingress rule uses.
#   frameworks: [CIS AWS 3.0 5.2, NIST 800-53 SC-7]
#   mandatory: true
package sluice.public_exposure.prefix_lists

import data.sluice.graph.kinds
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_list := "aws:ec2/managedPrefixList:ManagedPrefixList"

_entry := "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"

# Where rules for who may come in name prefix lists.
_uses contains source if {
	some rule in resources.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
	some source in _sources(object.get(rule, ["inputs", "prefixListId"], null))
}

_uses contains source if {
	some group in resources.of_types({
		"aws:ec2/securityGroup:SecurityGroup",
		"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
	})
	ingress := object.get(group, ["inputs", "ingress"], null)
	some rule in values.list(ingress)
	some id in object.get(rule, "prefixListIds", [])
	some source in _sources(id)
}

_uses contains source if {
	some rule in resources.of_type("aws:ec2/securityGroupRule:SecurityGroupRule")
	object.get(rule, ["inputs", "type"], null) != "egress"
	some id in object.get(rule, ["inputs", "prefixListIds"], [])
	some source in _sources(id)
}

_sources(value) := values.sources(value) if value != null

examined contains list.urn if {
	some list in resources.of_type(_list)
	list.urn in _uses
}

examined contains entry.urn if some entry in _entries

_entries := [entry |
	some entry in resources.of_type(_entry)
	some source in values.sources(object.get(entry, ["inputs", "prefixListId"], null))
	source in _uses
]

_ranges := array.concat(
	[{"resource": list, "path": node.path, "value": node.value} |
		some list in resources.of_type(_list)
		list.urn in _uses
		some node in values.nodes(resources.inputs(list), ["entries", "*", "cidr"])
	],
	[{"resource": entry, "path": ["cidr"], "value": values.at(resources.inputs(entry), ["cidr"])} |
		some entry in _entries
	],
)

findings contains verdict.fail(range.resource, sprintf("an ingress rule uses the list, and %s on it is the whole internet", [range.value]), range.path) if {
	some range in _ranges
	is_string(range.value)
	kinds.world(lower(range.value))
}

findings contains verdict.undetermined(range.resource, "an ingress rule uses the list, and a range on it is not known before apply", range.path) if {
	some range in _ranges
	values.unknown(range.value)
}
