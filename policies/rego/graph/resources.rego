# METADATA
# description: |
#   The resources of the graph, found once by type. Types are those of today's SDK modules: the `V2` names of
#   S3 and the versioned modules of azure-native mean the same thing and are read as such.
package sluice.graph.resources

by_urn := {resource.urn: resource | some resource in input.resources}

# What this program creates: not what it reads, not components.
managed(resource) if object.get(resource, "kind", "custom") == "custom"

types := {resource.urn: canonical(resource.type) |
	some resource in input.resources
	managed(resource)
}

canonical(type) := replace(regex.replace(type, `V2(:|$)`, "$1"), "V2:", ":") if {
	startswith(type, "aws:s3/")
} else := regex.replace(type, `^azure-native[^:]*:([a-z0-9]+)(/v[0-9a-z]+)?:`, "azure-native:$1:") if {
	startswith(type, "azure-native")
} else := type

_grouped[type] contains urn if some urn, type in types

_by_type := {type: urns | some type, urns in _grouped}

# All managed resources of one type, ordered by URN.
of_type(type) := [by_urn[urn] | some urn in object.get(_by_type, type, set())]

# All managed resources of several types.
of_types(wanted) := [by_urn[urn] |
	some type in wanted
	some urn in object.get(_by_type, type, set())
]

type_of(resource) := types[resource.urn]

inputs(resource) := object.get(resource, "inputs", {})

provider(resource) := object.get(input, ["providers", object.get(resource, "provider", "")], {})

# aws, gcp or azure.
cloud(resource) := "aws" if startswith(resource.type, "aws:")

else := "gcp" if startswith(resource.type, "gcp:")

else := "azure" if startswith(resource.type, "azure-native")
