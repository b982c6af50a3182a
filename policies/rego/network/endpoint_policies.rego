# METADATA
# title: Private endpoints lead to known resources only
# description: >-
#   An endpoint whose policy allows every resource is a way out: whoever runs code inside the network can copy data
#   through it to a bucket of his own account, without a route to the internet.
# custom:
#   severity: high
#   category: network
#   fix: Name the resources in the endpoint's policy, or tie it to the account with `aws:ResourceAccount` or `aws:ResourceOrgID`.
#   frameworks: [NIST 800-53 AC-4, NIST 800-53 SC-7(10)]
#   mandatory: true
package sluice.network.endpoint_policies

import data.sluice.graph.documents
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_endpoints := resources.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")

_ties := {
	"aws:principalaccount",
	"aws:principalarn",
	"aws:principalorgid",
	"aws:resourceaccount",
	"aws:resourceorgid",
	"aws:resourceorgpaths",
	"s3:resourceaccount",
	"kms:calleraccount",
}

# What has no resource to name and carries nothing out, whoever calls it: a login that only lets images be pulled.
_carries_nothing := {"ecr:getauthorizationtoken"}

# An endpoint without a policy is its service's default: whether a service needs one is for a person to say.
_policies := [{"resource": endpoint, "policy": policy} |
	some endpoint in _endpoints
	policy := values.at(resources.inputs(endpoint), ["policy"])
	policy != null
]

examined contains item.resource.urn if some item in _policies

findings contains verdict.fail(item.resource, "the endpoint leads to every resource of every account", ["policy"]) if {
	some item in _policies
	some statement in documents.statements(item.policy)
	statement.effect == "Allow"
	"*" in statement.resources
	not _tied(statement)
	not _harmless(statement)
}

findings contains verdict.undetermined(item.resource, "the endpoint's policy is not known before apply", ["policy"]) if {
	some item in _policies
	values.unknown(item.policy)
}

_tied(statement) if {
	is_object(statement.condition)
	some _, conditions in statement.condition
	some key, _ in conditions
	lower(key) in _ties
}

_harmless(statement) if {
	count(statement.actions) > 0
	every action in statement.actions {
		action in _carries_nothing
	}
}
