# METADATA
# title: Every resource carries the required tags
# description: >-
#   Tags say who answers for a resource, what it costs whom, and what data it holds; other rules decide by them.
#   A resource without them belongs to nobody. Tags that a provider adds by default count.
# custom:
#   severity: medium
#   category: tags
#   fix: Give the missing tags (labels, on GCP), best from the one function that makes them for all components.
#   frameworks: [NIST 800-53 CM-8, ISO 27001 A.5.9]
#   mandatory: true
package sluice.tags.required

import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict

_required := {tag | some tag in object.get(input, ["context", "required_tags"], [])}

_concerned := [resource |
	count(_required) > 0
	some urn, _ in resources.types
	resource := resources.by_urn[urn]
	tags.taggable(resource)
]

examined contains resource.urn if some resource in _concerned

findings contains verdict.fail(resource, sprintf("missing: %s", [concat(", ", sort(missing))]), tags.path(resource)) if {
	some resource in _concerned
	not tags.unknown(resource)
	missing := _missing(resource)
	count(missing) > 0
}

# Tags that are not known as a whole may hold what the provider's do not.
findings contains verdict.undetermined(resource, sprintf("whether %s are given is not known before apply", [concat(", ", sort(missing))]), tags.path(resource)) if {
	some resource in _concerned
	tags.unknown(resource)
	missing := _missing(resource)
	count(missing) > 0
}

_missing(resource) := {tag |
	given := tags.of(resource)
	some tag in _required
	not _given(given, tag)
}

_given(given, tag) if {
	value := given[tag]
	value != null
	value != ""
}

# A value that may turn out empty is not a tag yet; what another resource is called never is empty.
findings contains verdict.undetermined(resource, sprintf("the value of %s is not known before apply", [tag]), array.concat(tags.path(resource), [tag])) if {
	some resource in _concerned
	given := tags.of(resource)
	some tag in _required
	values.unknown(given[tag])
}
