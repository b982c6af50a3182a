# METADATA
# title: Roles name who may take them
# description: >-
#   A trust policy that allows any principal gives the role's permissions to every AWS account. One that trusts
#   another account or a web identity provider without a condition gives them to everybody there.
# custom:
#   severity: critical
#   category: iam
#   fix: Name the service or role as principal; for federated identities, add a condition on audience and subject.
#   frameworks: [CIS AWS 3.0 1.16, NIST 800-53 AC-3, NIST 800-53 IA-5]
#   mandatory: true
package sluice.iam.trust

import data.sluice.graph.documents
import data.sluice.graph.values
import data.sluice.graph.verdict

_documents := documents.of_kind("trust")

examined contains document.resource.urn if some document in _documents

findings contains verdict.fail(document.resource, "any AWS principal may take the role", document.path) if {
	some document in _documents
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
	statement.everyone
	not _bound(statement, `^(aws:principalorgid|aws:principalarn|aws:principalaccount|aws:sourceaccount|aws:sourcearn|sts:externalid)$`)
}

findings contains verdict.fail(document.resource, "everybody of the identity provider may take the role: no condition names the subject", document.path) if {
	some document in _documents
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
	some principal in statement.principals
	principal.type == "Federated"
	some action in statement.actions
	action in {"sts:assumerolewithwebidentity", "sts:*", "*"}
	not _bound(statement, `(:sub|:aud|:amr|:oaud|:repository|:job_workflow_ref)$`)
}

findings contains verdict.undetermined(document.resource, "who may take the role is not known before apply", document.path) if {
	some document in _documents
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
	some principal in statement.principals
	values.unknown(principal.id)
}

findings contains verdict.undetermined(document.resource, "the trust policy is not known before apply", document.path) if {
	some document in _documents
	not documents.readable(document.value)
}

_bound(statement, keys) if {
	is_object(statement.condition)
	some operator, conditions in statement.condition
	regex.match(`^(foranyvalue:)?(string|arn)(equals|like)`, lower(operator))
	not endswith(lower(operator), "ifexists")
	is_object(conditions)
	some key, value in conditions
	regex.match(keys, lower(key))
	every item in values.list(value) {
		not item in {"*", "**", "repo:*"}
	}
}
