# METADATA
# title: Resources are in allowed regions
# description: >-
#   Where data lies decides which law holds for it. A resource, a copy or a multi-region outside of the allowed
#   regions breaks the promise given to customers, even in a test environment.
# custom:
#   severity: critical
#   category: residency
#   fix: Use a region of the environment's `allowed_regions`, for copies and for every provider as well.
#   frameworks: [GDPR Art. 44, ISO 27001 A.5.34, NIST 800-53 SA-9(5)]
#   mandatory: true
package sluice.residency.allowed_regions

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_allowed := {cloud: names |
	some cloud, regions in object.get(input, ["context", "allowed_regions"], {})
	names := {_simple(region) | some region in regions}
	count(names) > 0
}

# What has no place of its own, though an input is named like one.
_everywhere := {"global", "aws-global", ""}

_concerned := {urn: cloud |
	some urn, _ in resources.types
	cloud := resources.cloud(resources.by_urn[urn])
	_allowed[cloud]
}

# Inputs that say where a resource, a copy of it or a part of it lies, beside its own region.
_copies := {
	"aws:dynamodb/table:Table": [["replicas", "*", "regionName"]],
	"aws:secretsmanager/secret:Secret": [["replicas", "*", "region"]],
	"aws:ssmincidents/replicationSet:ReplicationSet": [["regions", "*", "name"]],
	"aws:ecr/replicationConfiguration:ReplicationConfiguration": [["replicationConfiguration", "rules", "*", "destinations", "*", "region"]],
	"azure-native:cosmosdb:DatabaseAccount": [["locations", "*", "locationName"]],
	"azure-native:containerregistry:Replication": [["location"]],
	"gcp:bigquery/dataset:Dataset": [["location"]],
	"gcp:pubsub/topic:Topic": [["messageStoragePolicy", "allowedPersistenceRegions", "*"]],
	"gcp:secretmanager/secret:Secret": [["replication", "userManaged", "replicas", "*", "location"]],
	"gcp:sql/databaseInstance:DatabaseInstance": [["settings", "backupConfiguration", "location"]],
	"gcp:storage/bucket:Bucket": [["location"], ["customPlacementConfig", "dataLocations", "*"]],
}

_zones := [["zone"], ["availabilityZone"], ["availabilityZones", "*"]]

examined contains urn if {
	some urn, _ in _concerned
	count(_places[urn]) > 0
}

findings contains verdict.fail(resource, sprintf("%v is not an allowed region", [place.value]), place.path) if {
	some urn, cloud in _concerned
	resource := resources.by_urn[urn]
	some place in _places[urn]
	is_string(place.value)
	not values.open(place.value)
	not _may_be_in(place.value, cloud)
}

findings contains verdict.undetermined(resource, "the region is not known before apply", place.path) if {
	some urn, _ in _concerned
	resource := resources.by_urn[urn]
	some place in _places[urn]
	values.open(place.value)
	not _follows_another(place.value)
}

# GCP copies a secret to wherever it likes unless told where; so does a topic with its messages, within a region's law.
findings contains verdict.fail(resource, "the secret is copied to regions that nobody chose", ["replication", "auto"]) if {
	some resource in resources.of_type("gcp:secretmanager/secret:Secret")
	_allowed.gcp
	inputs := resources.inputs(resource)
	values.at(inputs, ["replication", "userManaged"]) == null
	values.at(inputs, ["replication"]) != null
}

_places := {urn: found |
	some urn, _ in _concerned
	resource := resources.by_urn[urn]
	found := array.concat(_own(resource), array.concat(_of_copies(resource), _of_zones(resource)))
}

_own(resource) := [{"value": region, "path": _region_path(resource)} |
	region := values.resolved(resource.region)
	region != null
]

_region_path(resource) := [name] if {
	name := [name | some name in ["region", "location"]; resources.inputs(resource)[name]][0]
} else := ["region"]

_of_copies(resource) := [node |
	some path in object.get(_copies, resources.type_of(resource), [])
	some node in values.nodes(resources.inputs(resource), path)
	node.value != null
]

# A zone's name is its region's and a letter, but for Azure, whose zones are numbers.
_of_zones(resource) := [{"value": value, "path": node.path} |
	resources.cloud(resource) in {"aws", "gcp"}
	some path in _zones
	some node in values.nodes(resources.inputs(resource), path)
	is_string(node.value)
	not values.open(node.value)
	value := regex.replace(node.value, `^(.*/)?([a-z]+(-[a-z]+)+-?[0-9]+)-?[a-z]$`, "$2")
]

# A region taken from another resource is judged there; one from a call or a configuration is not known.
_follows_another(value) if resources.types[value["$ref"].urn]

_may_be_in(value, _) if _simple(value) in _everywhere

_may_be_in(value, cloud) if _simple(value) in _allowed[cloud]

# A multi-region is allowed when it is named in the context, or the dual region's parts are.
_may_be_in(value, "gcp") if {
	parts := _dual[_simple(value)]
	every part in parts {
		part in _allowed.gcp
	}
}

# A zone given as a location, as GKE and Filestore take.
_may_be_in(value, "gcp") if regex.replace(_simple(value), `-[a-f]$`, "") in _allowed.gcp

_dual := {
	"eur4": ["europe-north1", "europe-west4"],
	"eur5": ["europe-west1", "europe-west2"],
	"eur7": ["europe-west2", "europe-west3"],
	"eur8": ["europe-west3", "europe-west6"],
	"nam4": ["us-central1", "us-east1"],
	"asia1": ["asia-northeast1", "asia-northeast2"],
}

# Azure writes `West Europe` and `westeurope` alike.
_simple(value) := replace(lower(value), " ", "")
