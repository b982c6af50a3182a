# METADATA
# description: Small graphs for the tests of rules.
package sluice.graph.fixture

unknown := {"$unknown": {"from": []}}

secret := {"$secret": {"origin": "config", "key": "password"}}

output(urn, property) := {"$ref": {"urn": urn, "property": property}}

# An output whose literal is known before apply.
echo(urn, property, value) := {"$ref": {"urn": urn, "property": property, "value": value}}

urn(type, name) := sprintf("urn:pulumi:dev::test::%s::%s", [type, name])

resource(type, name, inputs) := {
	"urn": urn(type, name),
	"type": type,
	"name": name,
	"inputs": inputs,
	"physical_name": name,
	"provider": "default",
}

graph(tier, resources) := graph_in({"tier": tier}, resources)

graph_in(context, resources) := {
	"context": object.union({"tier": "dev", "stack": "dev"}, context),
	"resources": resources,
	"providers": {"default": {"package": "aws"}},
}

# All verdicts, in order.
verdicts(findings) := sort([finding.verdict | some finding in findings])

# Names of the resources with one verdict.
named(findings, verdict) := {name |
	some finding in findings
	finding.verdict == verdict
	parts := split(finding.urn, "::")
	name := parts[3]
}
