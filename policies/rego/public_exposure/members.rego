# METADATA
# title: No grants to everybody on GCP
# description: >-
#   `allUsers` is the internet, and `allAuthenticatedUsers` is everybody with any Google account, which is the
#   same. A grant to either publishes the resource.
# custom:
#   severity: critical
#   category: public-exposure
#   fix: Grant the role to a service account, a group or a domain.
#   frameworks: [CIS GCP 3.0 5.1, CIS GCP 3.0 7.1, NIST 800-53 AC-3]
#   mandatory: true
package sluice.public_exposure.members

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_everybody := {"allusers", "allauthenticatedusers"}

# IAM members, bindings and policies of every GCP service have these names.
_grants := [resource |
	some urn, type in resources.types
	startswith(type, "gcp:")
	regex.match(`(IamMember|IAMMember|IamBinding|IAMBinding|IamPolicy|IAMPolicy)$`, type)
	resource := resources.by_urn[urn]
]

_paths := [["member"], ["members", "*"]]

examined contains grant.urn if some grant in _grants

examined contains dataset.urn if some dataset in resources.of_type("gcp:bigquery/dataset:Dataset")

examined contains access.urn if some access in resources.of_type("gcp:bigquery/datasetAccess:DatasetAccess")

findings contains verdict.fail(grant, sprintf("the role is granted to %s", [node.value]), node.path) if {
	some grant in _grants
	some path in _paths
	some node in values.nodes(resources.inputs(grant), path)
	is_string(node.value)
	lower(node.value) in _everybody
}

findings contains verdict.undetermined(grant, "to whom the role is granted is not known before apply", node.path) if {
	some grant in _grants
	some path in _paths
	some node in values.nodes(resources.inputs(grant), path)
	values.unknown(node.value)
}

# A whole policy is one JSON text.
findings contains verdict.fail(grant, "the policy grants a role to everybody", ["policyData"]) if {
	some grant in _grants
	policy := values.at(resources.inputs(grant), ["policyData"])
	is_string(policy)
	regex.match(`(?i)"(allUsers|allAuthenticatedUsers)"`, policy)
}

findings contains verdict.undetermined(grant, "the policy is not known before apply", ["policyData"]) if {
	some grant in _grants
	policy := values.at(resources.inputs(grant), ["policyData"])
	values.marked(policy)
}

findings contains verdict.fail(dataset, sprintf("the dataset is open to %s", [node.value]), node.path) if {
	some dataset in resources.of_type("gcp:bigquery/dataset:Dataset")
	some name in ["specialGroup", "iamMember"]
	some node in values.nodes(resources.inputs(dataset), ["accesses", "*", name])
	is_string(node.value)
	lower(node.value) in _everybody
}

findings contains verdict.fail(access, sprintf("the dataset is open to %s", [value]), [name]) if {
	some access in resources.of_type("gcp:bigquery/datasetAccess:DatasetAccess")
	some name in ["specialGroup", "iamMember"]
	value := values.at(resources.inputs(access), [name])
	is_string(value)
	lower(value) in _everybody
}

findings contains verdict.undetermined(dataset, "to whom the dataset is open is not known before apply", ["accesses"]) if {
	some dataset in resources.of_type("gcp:bigquery/dataset:Dataset")
	values.unknown(values.at(resources.inputs(dataset), ["accesses"]))
}
