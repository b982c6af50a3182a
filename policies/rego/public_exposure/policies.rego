# METADATA
# title: Resource policies name who may come in
# description: >-
#   A resource policy that allows any principal opens a bucket, a queue, a key or a secret to every AWS account
#   of the world, unless a condition ties it to an organisation, an account, a network or a source.
# custom:
#   severity: critical
#   category: public-exposure
#   fix: Name the accounts, roles or services as principals, or add a condition such as `aws:PrincipalOrgID`.
#   frameworks: [CIS AWS 3.0 2.1.4, NIST 800-53 AC-3, NIST 800-53 AC-6]
#   mandatory: true
package sluice.public_exposure.policies

import data.sluice.graph.documents
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

# Condition keys that tie a request to somebody known. `aws:SourceIp` does so when it is not the world.
_ties := {
	"aws:principalaccount",
	"aws:principalarn",
	"aws:principalorgid",
	"aws:principalorgpaths",
	"aws:sourceaccount",
	"aws:sourcearn",
	"aws:sourceorgid",
	"aws:sourceorgpaths",
	"aws:sourceowner",
	"aws:sourcevpc",
	"aws:sourcevpce",
	"aws:userid",
	"kms:calleraccount",
	"elasticfilesystem:accessedviamounttarget",
	"sns:endpoint",
	"s3:dataaccesspointaccount",
}

_positive := {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "bool"}

_documents := documents.of_kind("resource")

_permissions := resources.of_type("aws:lambda/permission:Permission")

examined contains document.resource.urn if some document in _documents

examined contains permission.urn if some permission in _permissions

findings contains verdict.fail(document.resource, sprintf("anybody may do %s", [concat(", ", [sprintf("%v", [action]) | some action in statement.actions])]), document.path) if {
	some document in _documents
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
	_anybody(statement)
	not _tied(statement)
	not _conditions_open(statement)
}

findings contains verdict.undetermined(document.resource, "who may come in is not known before apply", document.path) if {
	some document in _documents
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
	_uncertain(statement)
}

findings contains verdict.undetermined(document.resource, "the policy is not known before apply", document.path) if {
	some document in _documents
	not documents.readable(document.value)
}

findings contains verdict.fail(permission, "anybody may invoke the function", ["principal"]) if {
	some permission in _permissions
	inputs := resources.inputs(permission)
	values.at(inputs, ["principal"]) == "*"
	every name in ["sourceAccount", "sourceArn", "principalOrgId"] {
		values.at(inputs, [name]) == null
	}
}

findings contains verdict.undetermined(permission, "who may invoke the function is not known before apply", ["principal"]) if {
	some permission in _permissions
	values.unknown(values.at(resources.inputs(permission), ["principal"]))
}

_anybody(statement) if statement.everyone

# Allowing all but a few is allowing anybody.
_anybody(statement) if count(statement.not_principals) > 0

_uncertain(statement) if {
	_anybody(statement)
	not _tied(statement)
	_conditions_open(statement)
}

_uncertain(statement) if {
	not _anybody(statement)
	some principal in statement.principals
	_may_be_anybody(principal.id)
}

_may_be_anybody(id) if values.unknown(id)

_may_be_anybody(id) if values.secret(id)

_conditions_open(statement) if values.open(statement.condition)

_conditions_open(statement) if {
	some _, conditions in statement.condition
	values.open(conditions)
}

_tied(statement) if {
	is_object(statement.condition)
	some operator, conditions in statement.condition
	regex.replace(lower(operator), `^forany(value|values):|ifexists$`, "") in _positive
	not endswith(lower(operator), "ifexists")
	some key, value in conditions
	lower(key) in _ties
	not _whole_world(value)
}

_tied(statement) if {
	is_object(statement.condition)
	some operator, conditions in statement.condition
	lower(operator) == "ipaddress"
	some key, value in conditions
	lower(key) in {"aws:sourceip", "aws:vpcsourceip"}
	not _whole_world(value)
}

# A wildcard alone ties nobody.
_whole_world(value) if {
	some item in values.list(value)
	item in {"*", "**", "0.0.0.0/0", "::/0", "arn:*", "arn:aws:*"}
}

_whole_world(value) if {
	some item in values.list(value)
	values.unknown(item)
}
