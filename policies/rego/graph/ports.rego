# METADATA
# description: |
#   Who may connect to what: the inbound rules of AWS security groups, GCP firewalls and Azure network security
#   groups in one form: `{resource, path, sources, ports, protocol}`. `sources` and `ports` are lists of values,
#   open ones among them; ports are `[from, to]`, with `null` for all.
package sluice.graph.ports

import data.sluice.graph.resources
import data.sluice.graph.values

types := {
	"aws:ec2/securityGroup:SecurityGroup",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
	"aws:ec2/securityGroupRule:SecurityGroupRule",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
	"gcp:compute/firewall:Firewall",
	"azure-native:network:NetworkSecurityGroup",
	"azure-native:network:SecurityRule",
}

inbound := array.concat(array.concat(_groups, _group_rules), array.concat(_ingress_rules, array.concat(_firewalls, _azure)))

_groups := [_aws(group, node.value, node.path) |
	some group in resources.of_types({
		"aws:ec2/securityGroup:SecurityGroup",
		"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
	})
	some node in values.nodes(resources.inputs(group), ["ingress", "*"])
	node.value != null
]

_group_rules := [_aws(rule, resources.inputs(rule), []) |
	some rule in resources.of_type("aws:ec2/securityGroupRule:SecurityGroupRule")
	values.at(resources.inputs(rule), ["type"]) != "egress"
]

# A rule as a whole may be open: then everything about it is.
_aws(resource, rule, path) := {
	"resource": resource,
	"path": path,
	"sources": array.concat(_list(rule, "cidrBlocks"), _list(rule, "ipv6CidrBlocks")),
	"ports": [[_port(rule, "fromPort"), _port(rule, "toPort")]],
	"protocol": _given(rule, "protocol"),
} if {
	not values.open(rule)
} else := _open(resource, path, rule)

_open(resource, path, value) := {
	"resource": resource,
	"path": path,
	"sources": [value],
	"ports": [[value, value]],
	"protocol": value,
}

_ingress_rules := [found |
	some rule in resources.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
	inputs := resources.inputs(rule)
	found := {
		"resource": rule,
		"path": [],
		"sources": array.concat(_list(inputs, "cidrIpv4"), _list(inputs, "cidrIpv6")),
		"ports": [[_port(inputs, "fromPort"), _port(inputs, "toPort")]],
		"protocol": _given(inputs, "ipProtocol"),
	}
]

# Without source ranges a firewall of an ingress rule is open to all, unless it names tags or accounts.
_firewalls := [found |
	some firewall in resources.of_type("gcp:compute/firewall:Firewall")
	inputs := resources.inputs(firewall)
	not _egress(values.at(inputs, ["direction"]))
	not values.at(inputs, ["disabled"]) == true
	some node in values.nodes(inputs, ["allows", "*"])
	node.value != null
	found := {
		"resource": firewall,
		"path": node.path,
		"sources": _firewall_sources(inputs),
		"ports": _firewall_ports(node.value),
		"protocol": _given(node.value, "protocol"),
	}
]

_egress(direction) if {
	is_string(direction)
	upper(direction) == "EGRESS"
}

_firewall_sources(inputs) := sources if {
	sources := _list(inputs, "sourceRanges")
	count(sources) > 0
} else := [] if {
	some name in ["sourceTags", "sourceServiceAccounts"]
	count(_list(inputs, name)) > 0
} else := ["0.0.0.0/0"]

_firewall_ports(allow) := [_range(item) | some item in ports] if {
	ports := _list(allow, "ports")
	count(ports) > 0
} else := [[null, null]]

_azure := array.concat(
	[_azure_rule(group, node.value, node.path) |
		some group in resources.of_type("azure-native:network:NetworkSecurityGroup")
		some node in values.nodes(resources.inputs(group), ["securityRules", "*"])
		node.value != null
		_lets_in(node.value)
	],
	[_azure_rule(rule, resources.inputs(rule), []) |
		some rule in resources.of_type("azure-native:network:SecurityRule")
		_lets_in(resources.inputs(rule))
	],
)

# What is not known may let in.
_lets_in(rule) if values.open(rule)

_lets_in(rule) if {
	not values.open(rule)
	not _is(values.at(rule, ["direction"]), "outbound")
	not _is(values.at(rule, ["access"]), "deny")
}

_is(value, word) if {
	is_string(value)
	lower(value) == word
}

_azure_rule(resource, rule, path) := {
	"resource": resource,
	"path": path,
	"sources": array.concat(_list(rule, "sourceAddressPrefix"), _list(rule, "sourceAddressPrefixes")),
	"ports": [_range(item) |
		some item in array.concat(_list(rule, "destinationPortRange"), _list(rule, "destinationPortRanges"))
	],
	"protocol": _given(rule, "protocol"),
} if {
	not values.open(rule)
} else := _open(resource, path, rule)

_given(value, name) := value if values.open(value)

else := values.at(value, [name])

_list(value, name) := [values.resolved(item) | some item in values.list(values.at(value, [name])); item != null]

_port(rule, name) := port if {
	port := values.at(rule, [name])
	values.open(port)
} else := to_number(port) if {
	port := values.at(rule, [name])
	is_string(port)
	regex.match(`^-?[0-9]+$`, port)
} else := values.at(rule, [name])

# `22`, `8000-8080`, `*`.
_range(text) := [text, text] if values.open(text)

else := [text, text] if is_number(text)

else := [to_number(ends[0]), to_number(ends[count(ends) - 1])] if {
	regex.match(`^\s*[0-9]+\s*(-\s*[0-9]+\s*)?$`, text)
	ends := [trim_space(part) | some part in split(text, "-")]
} else := [null, null]
