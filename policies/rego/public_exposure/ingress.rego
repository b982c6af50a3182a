# METADATA
# title: Nothing but web ports is open to the internet
# description: >-
#   A port open to the whole internet is found by scanners within minutes. Databases, SSH, RDP and everything
#   else that is not a web front end are reached over private networks or a broker such as Session Manager, IAP
#   or Bastion.
# custom:
#   severity: critical
#   category: public-exposure
#   fix: Name the networks or security groups that need the port instead of the whole internet.
#   frameworks: [CIS AWS 3.0 5.2, CIS AWS 3.0 5.3, CIS GCP 3.0 3.6, CIS Azure 3.0 7.1, NIST 800-53 SC-7]
#   mandatory: true
package sluice.public_exposure.ingress

import data.sluice.graph.kinds
import data.sluice.graph.ports
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_web := {80, 443}

examined contains resource.urn if {
	some type in ports.types
	some resource in resources.of_type(type)
}

findings contains verdict.fail(rule.resource, sprintf("the whole internet may connect to %s", [_ports_in_words(rule)]), rule.path) if {
	some rule in ports.inbound
	_sources(rule) == "world"
	_ports(rule) == "other"
}

findings contains verdict.undetermined(rule.resource, "whether the whole internet may connect is not known before apply", rule.path) if {
	some rule in ports.inbound
	pair := [_sources(rule), _ports(rule)]
	pair in [["world", "unknown"], ["unknown", "other"], ["unknown", "unknown"]]
}

# "world", "unknown" or "some".
_sources(rule) := "world" if {
	some source in rule.sources
	is_string(source)
	kinds.world(lower(source))
} else := "unknown" if {
	some source in rule.sources
	_may_be_world(source)
} else := "some"

# A range or an address that another resource has is its own, not the world's.
_may_be_world(source) if values.unknown(source)

_may_be_world(source) if values.secret(source)

_may_be_world(source) if startswith(object.get(source, ["$ref", "urn"], ""), "call:")

_may_be_world(source) if {
	is_string(source)
	contains(source, "${call:")
}

# "web": only single web ports over TCP; "other"; or "unknown".
_ports(rule) := "other" if {
	values.literal(rule.protocol)
	not _protocol_is_tcp(rule.protocol)
	not _icmp(rule.protocol)
} else := "other" if {
	some range in rule.ports
	_not_web(range)
	not _icmp(rule.protocol)
} else := "unknown" if {
	some range in rule.ports
	some end in range
	values.open(end)
} else := "unknown" if {
	values.open(rule.protocol)
} else := "web"

_not_web(range) if null in range

_not_web(range) if {
	some end in range
	is_number(end)
	not end in _web
}

_not_web(range) if {
	is_number(range[0])
	is_number(range[1])
	range[0] != range[1]
}

_protocol_is_tcp(protocol) if lower(sprintf("%v", [protocol])) in {"tcp", "6", "*"}

_icmp(protocol) if lower(sprintf("%v", [protocol])) in {"icmp", "icmpv6", "1", "58"}

_ports_in_words(rule) := concat(", ", [word | some range in rule.ports; word := _in_words(range)])

_in_words(range) := "all ports" if null in range

else := sprintf("port %v", [range[0]]) if range[0] == range[1]

else := sprintf("ports %v to %v", range)
