# METADATA
# description: |
#   Tags (labels, on GCP) of a resource with those its provider adds. A tag's own value wins over the default.
package sluice.graph.tags

import data.sluice.graph.resources
import data.sluice.graph.values

# Where a type keeps its tags: its own entry of the taggable types, or one of the usual places.
path(resource) := found if {
	found := data.taggable[resources.type_of(resource)]
} else := ["labels"] if resources.cloud(resource) == "gcp"

else := ["tags"]

taggable(resource) if data.taggable[resources.type_of(resource)]

taggable(resource) if resources.inputs(resource).tags

own(resource) := values.at(resources.inputs(resource), path(resource))

# Whether the tags as a whole are not known.
unknown(resource) if values.open(own(resource))

# All tags by name; the values may be open.
of(resource) := object.union(_defaults(resource), _named(own(resource)))

_defaults(resource) := {name: values.resolved(value) |
	some name, value in object.get(resources.provider(resource), "default_tags", {})
	resources.cloud(resource) in {"aws", "gcp"}
}

# A list of `{key, value}` objects is how some services take tags.
_named(value) := {item.key: values.resolved(item.value) | some item in value} if {
	is_array(value)
} else := {name: values.resolved(item) | some name, item in value} if {
	is_object(value)
	not values.open(value)
} else := {}

# One tag: its value, or null.
get(resource, name) := value if {
	value := object.get(of(resource), name, null)
	value != null
} else := {"$unknown": {}} if unknown(resource)

else := null

# The class of data that a resource says it holds; null where it does not say, open where it is not known.
data_class(resource) := get(resource, "data-classification")
