# METADATA
# title: Custom roles name what they allow
# description: >-
#   A custom role with a wildcard, or with a permission that changes permissions, is an administrator's role under
#   another name.
# custom:
#   severity: high
#   category: iam
#   fix: List the actions that the workload uses, and none that write role assignments or policies.
#   frameworks: [CIS Azure 3.0 2.24, CIS GCP 3.0 1.5, NIST 800-53 AC-6]
#   mandatory: true
package sluice.iam.custom_roles

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_azure := "azure-native:authorization:RoleDefinition"

_gcp := {"gcp:projects/iAMCustomRole:IAMCustomRole", "gcp:organizations/iAMCustomRole:IAMCustomRole"}

_roles := array.concat(resources.of_type(_azure), resources.of_types(_gcp))

# Where the permissions stand, and what is too much among them.
_places := [
	{"path": ["permissions", "*", "actions", "*"], "wide": `(?i)^(\*|\*/.*|microsoft\.authorization/(\*|roleassignments/(\*|write)|roledefinitions/(\*|write))(/.*)?|microsoft\.[a-z.]+/\*)$`, "types": {_azure}},
	{"path": ["permissions", "*", "dataActions", "*"], "wide": `(?i)^(\*|\*/.*|microsoft\.[a-z.]+/\*)$`, "types": {_azure}},
	{"path": ["permissions", "*"], "wide": `(?i)(\*|\.setIamPolicy|^iam\.serviceAccounts\.(actAs|getAccessToken|getOpenIdToken|implicitDelegation|signBlob|signJwt)|^iam\.serviceAccountKeys\.create|^iam\.roles\.(create|update)|^deploymentmanager\.deployments\.(create|update)|^orgpolicy\.policy\.set)$`, "types": _gcp},
]

examined contains role.urn if some role in _roles

findings contains verdict.fail(role, sprintf("%s is too much for a custom role", [node.value]), node.path) if {
	some role in _roles
	some place in _places
	resources.type_of(role) in place.types
	some node in values.nodes(resources.inputs(role), place.path)
	is_string(node.value)
	regex.match(place.wide, node.value)
}

findings contains verdict.undetermined(role, "what the role allows is not known before apply", node.path) if {
	some role in _roles
	some place in _places
	resources.type_of(role) in place.types
	some node in values.nodes(resources.inputs(role), place.path)
	values.open(node.value)
}
