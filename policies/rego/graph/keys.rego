# METADATA
# description: Which resources must be encrypted with a customer's own key.
package sluice.graph.keys

import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values

# "yes", "no" or "unknown": in prod all but public data; elsewhere what the environment's context says.
needed(resource) := "yes" if _by_tag(resource) == "yes"

else := _in_prod(resource) if context.prod

else := _by_tag(resource)

_in_prod(resource) := "no" if tags.data_class(resource) == "public"

else := "unknown" if values.open(tags.data_class(resource))

else := "yes"

_by_tag(resource) := _matches(tags.get(resource, wanted.tag), wanted.value) if {
	wanted := input.context.customer_managed_key_required_for
	wanted != null
} else := "no"

_matches(value, wanted) := "unknown" if values.open(value)

else := "yes" if value == wanted

else := "no"

# Only resources of which it matters.
concerned(type) := [resource | some resource in resources.of_type(type); needed(resource) != "no"]
