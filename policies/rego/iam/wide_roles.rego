# METADATA
# title: No ready-made administrator roles
# description: >-
#   Owner, Editor, Contributor, AdministratorAccess and their like were made for people who start, not for
#   workloads: each allows thousands of actions on everything in a project, subscription or account.
# custom:
#   severity: high
#   category: iam
#   fix: Grant the narrow role of the service that the workload uses, on the resource that it uses.
#   frameworks: [CIS AWS 3.0 1.16, CIS GCP 3.0 1.5, CIS Azure 3.0 2.23, NIST 800-53 AC-6]
#   mandatory: true
package sluice.iam.wide_roles

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_aws_attachments := {
	"aws:iam/role:Role": ["managedPolicyArns", "*"],
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": ["policyArn"],
	"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": ["policyArns", "*"],
	"aws:iam/userPolicyAttachment:UserPolicyAttachment": ["policyArn"],
	"aws:iam/groupPolicyAttachment:GroupPolicyAttachment": ["policyArn"],
	"aws:iam/policyAttachment:PolicyAttachment": ["policyArn"],
	"aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": ["managedPolicyArn"],
}

_aws_policies := `(?i):aws:policy/(job-function/)?(AdministratorAccess|AdministratorAccess-.*|PowerUserAccess|IAMFullAccess|SystemAdministrator|DatabaseAdministrator|NetworkAdministrator|DataScientist|Amazon[A-Za-z0-9]*FullAccess|AWS[A-Za-z0-9_]*FullAccess|CloudWatch[A-Za-z0-9]*FullAccess|SecretsManagerReadWrite)$`

_gcp_grants := [resource |
	some urn, type in resources.types
	startswith(type, "gcp:")
	regex.match(`(IamMember|IAMMember|IamBinding|IAMBinding)$`, type)
	resource := resources.by_urn[urn]
]

# Primitive roles anywhere; roles that let their holder become another identity where they cover all of a project.
_gcp_roles := {
	"roles/owner",
	"roles/editor",
	"roles/viewer",
	"roles/iam.securityadmin",
	"roles/resourcemanager.projectiamadmin",
	"roles/resourcemanager.organizationadmin",
	"roles/iam.organizationroleadmin",
}

_gcp_project_roles := {
	"roles/iam.serviceaccounttokencreator",
	"roles/iam.serviceaccountuser",
	"roles/iam.serviceaccountadmin",
	"roles/iam.serviceaccountkeyadmin",
	"roles/iam.workloadidentityuser",
	"roles/storage.admin",
	"roles/bigquery.admin",
	"roles/cloudkms.admin",
	"roles/secretmanager.admin",
	"roles/compute.admin",
	"roles/container.admin",
}

_whole_project := `^gcp:(projects|folder|organizations)/`

# Owner, Contributor, User Access Administrator, Role Based Access Control Administrator.
_azure_roles := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
	"b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
	"f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}

_assignment := "azure-native:authorization:RoleAssignment"

examined contains resource.urn if {
	some type, _ in _aws_attachments
	some resource in resources.of_type(type)
}

examined contains grant.urn if some grant in _gcp_grants

examined contains assignment.urn if some assignment in resources.of_type(_assignment)

findings contains verdict.fail(resource, sprintf("%s is an administrator's policy", [node.value]), node.path) if {
	some type, path in _aws_attachments
	some resource in resources.of_type(type)
	some node in values.nodes(resources.inputs(resource), path)
	is_string(node.value)
	regex.match(_aws_policies, node.value)
}

findings contains verdict.undetermined(resource, "the attached policy is not known before apply", node.path) if {
	some type, path in _aws_attachments
	some resource in resources.of_type(type)
	some node in values.nodes(resources.inputs(resource), path)
	_untold(node.value)
}

# A policy of this program is judged where it is written; an answer of the cloud is not known.
_untold(value) if values.unknown(value)

_untold(value) if startswith(object.get(value, ["$ref", "urn"], ""), "call:")

_untold(value) if resources.by_urn[value["$ref"].urn].kind == "read"

findings contains verdict.fail(grant, sprintf("%s is far wider than one workload needs", [role]), ["role"]) if {
	some grant in _gcp_grants
	role := values.at(resources.inputs(grant), ["role"])
	is_string(role)
	lower(role) in _gcp_roles
}

findings contains verdict.fail(grant, sprintf("%s on everything in the project", [role]), ["role"]) if {
	some grant in _gcp_grants
	regex.match(_whole_project, grant.type)
	role := values.at(resources.inputs(grant), ["role"])
	is_string(role)
	lower(role) in _gcp_project_roles
}

findings contains verdict.undetermined(grant, "the granted role is not known before apply", ["role"]) if {
	some grant in _gcp_grants
	values.unknown(values.at(resources.inputs(grant), ["role"]))
}

findings contains verdict.fail(assignment, sprintf("%s of a whole subscription or group of resources", [name]), ["roleDefinitionId"]) if {
	some assignment in resources.of_type(_assignment)
	some id, name in _azure_roles
	definition := values.at(resources.inputs(assignment), ["roleDefinitionId"])
	is_string(definition)
	contains(lower(definition), id)
	_wide_scope(values.at(resources.inputs(assignment), ["scope"]))
}

findings contains verdict.undetermined(assignment, "the assigned role is not known before apply", ["roleDefinitionId"]) if {
	some assignment in resources.of_type(_assignment)
	_untold(values.at(resources.inputs(assignment), ["roleDefinitionId"]))
}

findings contains verdict.undetermined(assignment, "the scope of an administrator's role is not known before apply", ["scope"]) if {
	some assignment in resources.of_type(_assignment)
	some id, _ in _azure_roles
	definition := values.at(resources.inputs(assignment), ["roleDefinitionId"])
	is_string(definition)
	contains(lower(definition), id)
	values.unknown(values.at(resources.inputs(assignment), ["scope"]))
}

# A tenant, a management group, a subscription, or a whole group of resources.
_wide_scope(scope) if {
	is_string(scope)
	regex.match(`(?i)^/?(subscriptions/[^/]+|providers/microsoft\.management/managementgroups/[^/]+|subscriptions/[^/]+/resourcegroups/[^/]+)?/?$`, scope)
}

_wide_scope(scope) if resources.types[scope["$ref"].urn] == "azure-native:resources:ResourceGroup"

_wide_scope(scope) if startswith(object.get(scope, ["$ref", "urn"], ""), "call:")
