# METADATA
# title: Tags have values that mean something
# description: >-
#   A class of data that nobody defined, or the name of another environment, misleads those who read the tag and
#   the rules that decide by it.
# custom:
#   severity: medium
#   category: tags
#   fix: >-
#     data-classification is public, internal, confidential or restricted; managed-by is pulumi or terraform;
#     environment is the stack's own.
#   frameworks: [NIST 800-53 CM-8, ISO 27001 A.5.12]
#   mandatory: true
package sluice.tags.allowed_values

import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict

_allowed := {
	"data-classification": {"public", "internal", "confidential", "restricted"},
	"managed-by": {"pulumi", "terraform"},
}

_tagged := [{"resource": resource, "tag": tag, "value": value} |
	some urn, _ in resources.types
	resource := resources.by_urn[urn]
	tags.taggable(resource)
	some tag, value in tags.of(resource)
	tag in {"data-classification", "managed-by", "environment"}
]

examined contains tagged.resource.urn if some tagged in _tagged

findings contains verdict.fail(tagged.resource, sprintf("%s is not a value of %s (%s)", [tagged.value, tagged.tag, concat(", ", sort(_allowed[tagged.tag]))]), _path(tagged)) if {
	some tagged in _tagged
	values.literal(tagged.value)
	not tagged.value in _allowed[tagged.tag]
	_allowed[tagged.tag]
}

findings contains verdict.fail(tagged.resource, sprintf("%s is not the environment of this stack (%s)", [tagged.value, context.stack]), _path(tagged)) if {
	some tagged in _tagged
	tagged.tag == "environment"
	context.stack != ""
	values.literal(tagged.value)
	not _own_environment(tagged.value)
}

findings contains verdict.undetermined(tagged.resource, sprintf("the value of %s is not known before apply", [tagged.tag]), _path(tagged)) if {
	some tagged in _tagged
	values.open(tagged.value)
}

# The release stack of an environment carries the environment's name.
_own_environment(value) if value == context.stack

_own_environment(value) if startswith(context.stack, sprintf("%s-", [value]))

_path(tagged) := array.concat(tags.path(tagged.resource), [tagged.tag])
