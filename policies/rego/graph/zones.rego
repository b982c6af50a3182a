# METADATA
# description: |
#   Which storage is the raw zone: it is tagged `zone: raw`, or `raw` is a word of its physical or logical name.
package sluice.graph.zones

import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values

buckets := {"aws:s3/bucket:Bucket", "gcp:storage/bucket:Bucket"}

containers := {"azure-native:storage:BlobContainer"}

raw contains resource.urn if {
	some resource in resources.of_types(buckets | containers)
	_is_raw(resource)
}

raw_of(type) := [resource | some resource in resources.of_type(type); resource.urn in raw]

_is_raw(resource) if tags.get(resource, "zone") == "raw"

_is_raw(resource) if {
	not values.literal(tags.get(resource, "zone"))
	some name in [resource.name, values.resolved(object.get(resource, "physical_name", null))]
	is_string(name)
	regex.match(`(^|[-_./])raw($|[-_./])`, lower(name))
}
