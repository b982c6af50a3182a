# METADATA
# title: Policies name the resources they allow
# description: >-
#   A statement on `*` covers the resources of every team and environment in the account. Only actions that AWS
#   cannot scope, or a condition that narrows them, may do without a name.
# custom:
#   severity: high
#   category: iam
#   fix: Name the resources by ARN (an output of theirs), or narrow the statement by a condition such as aws:ResourceTag.
#   frameworks: [CIS AWS 3.0 1.16, NIST 800-53 AC-6, ISO 27001 A.5.15]
#   mandatory: true
package sluice.iam.wildcard_resource

import data.sluice.graph.grants
import data.sluice.graph.verdict

examined := grants.examined

findings contains verdict.fail(grant.resource, sprintf("%s is allowed on %s", [_words(actions), name]), grant.path) if {
	some grant in grants.allowing
	some name in grant.statement.resources
	grants.wide_resource(name)
	not grants.narrowed(grant.statement)
	actions := _scopable(grant.statement)
	count(actions) > 0
}

findings contains verdict.undetermined(grant.resource, "a resource that the policy allows is not known before apply", grant.path) if {
	some grant in grants.allowing
	some name in grant.statement.resources
	grants.open_resource(name)
	count(_scopable(grant.statement)) > 0
}

findings contains verdict.undetermined(document.resource, "the policy is not known before apply", document.path) if {
	some document in grants.unreadable
}

_scopable(statement) := [action |
	some action in statement.actions
	not _excused(action)
]

_excused(action) if {
	is_string(action)
	grants.cannot_be_scoped(action)
}

_words(actions) := concat(", ", [sprintf("%v", [action]) | some action in array.slice(actions, 0, 3)])
