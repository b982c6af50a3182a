# METADATA
# title: No policy allows all but some
# description: >-
#   With NotAction or NotResource, a statement that allows covers everything that nobody thought of, the future
#   included. Such elements belong into statements that deny.
# custom:
#   severity: high
#   category: iam
#   fix: List what is allowed with Action and Resource.
#   frameworks: [NIST 800-53 AC-6, ISO 27001 A.5.15]
#   mandatory: true
package sluice.iam.inverted_statement

import data.sluice.graph.documents
import data.sluice.graph.grants
import data.sluice.graph.verdict

_kinds := ["identity", "trust", "resource"]

examined contains document.resource.urn if {
	some kind in _kinds
	some document in documents.of_kind(kind)
}

findings contains verdict.fail(document.resource, sprintf("a statement allows all but what %s lists", [element]), document.path) if {
	some kind in _kinds
	some document in documents.of_kind(kind)
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
	some element in _inverted(statement)
}

findings contains verdict.undetermined(document.resource, "the policy is not known before apply", document.path) if {
	some document in grants.unreadable
}

_inverted(statement) := {element |
	some element, name in {"NotAction": "not_actions", "NotResource": "not_resources", "NotPrincipal": "not_principals"}
	count(statement[name]) > 0
}
