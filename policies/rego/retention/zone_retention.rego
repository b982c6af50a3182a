# METADATA
# title: Data is not deleted before its class allows
# description: >-
#   A life-cycle rule works silently: one figure too small, and data is gone before the quarter is closed. How long
#   data must be kept follows from its class and the tier.
# custom:
#   severity: high
#   category: retention
#   fix: Raise the days of the expiration, or give the data its right class.
#   frameworks: [ISO 27001 A.5.33, NIST 800-53 SI-12]
#   mandatory: true
package sluice.retention.zone_retention

import data.sluice.graph.buckets
import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.graph.zones

# Days by tier and class.
minimum := {
	"staging": {"internal": 14, "confidential": 30, "restricted": 30},
	"prod": {"internal": 30, "confidential": 90, "restricted": 365},
}

# Days that a bucket's objects must be kept; nothing where no rule says so.
_wanted(bucket) := input.context.raw_zone_keeps_at_least_days if {
	bucket.urn in zones.raw
	input.context.raw_zone_keeps_at_least_days != null
} else := minimum[context.tier][tags.data_class(bucket)]

# What the class is, is not known: the longest may hold.
_unsure(bucket) if values.open(tags.data_class(bucket))

_gcp := "gcp:storage/bucket:Bucket"

# Rules that delete current objects: the days, and where they stand.
_deletions(bucket) := array.concat(
	[{"days": days, "path": ["lifecycleRules"]} |
		some rule in _rules_of(buckets.lifecycle(bucket))
		not _off(rule)
		days := values.at(rule, ["expiration", "days"])
		days != null
	],
	[{"days": rule, "path": ["lifecycleRules"]} |
		rule := buckets.lifecycle(bucket)
		values.open(rule)
	],
) if {
	resources.type_of(bucket) == buckets.type
}

_deletions(bucket) := [{"days": days, "path": node.path} |
	some node in values.nodes(resources.inputs(bucket), ["lifecycleRules", "*"])
	_deletes(node.value)
	days := _age(node.value)
] if {
	resources.type_of(bucket) == _gcp
}

_rules_of(rules) := rules if is_array(rules)

else := []

_off(rule) if lower(values.at(rule, ["status"])) == "disabled"

_off(rule) if values.at(rule, ["enabled"]) == false

# Without an age, the condition is about versions or dates: a rule on noncurrent versions keeps the object.
_deletes(rule) if values.open(rule)

_deletes(rule) if {
	action := values.at(rule, ["action", "type"])
	not action in {"SetStorageClass", "AbortIncompleteMultipartUpload"}
	not _archived(rule)
	not _on_old_versions(rule)
}

_on_old_versions(rule) if {
	some name in ["numNewerVersions", "daysSinceNoncurrentTime"]
	values.literal(values.at(rule, ["condition", name]))
}

_archived(rule) if lower(values.at(rule, ["condition", "withState"])) == "archived"

_age(rule) := rule if values.open(rule)

else := age if {
	age := values.at(rule, ["condition", "age"])
	age != null
} else := 0

_buckets := resources.of_types(zones.buckets)

examined contains bucket.urn if {
	some bucket in _buckets
	_wanted(bucket)
}

examined contains bucket.urn if {
	some bucket in _buckets
	minimum[context.tier]
	_unsure(bucket)
}

findings contains verdict.fail(bucket, sprintf("objects are deleted after %d days, they must be kept for %d", [deletion.days, wanted]), deletion.path) if {
	some bucket in _buckets
	wanted := _wanted(bucket)
	some deletion in _deletions(bucket)
	is_number(deletion.days)
	deletion.days < wanted
}

findings contains verdict.undetermined(bucket, sprintf("when objects are deleted is not known before apply; they must be kept for %d days", [wanted]), deletion.path) if {
	some bucket in _buckets
	wanted := _wanted(bucket)
	some deletion in _deletions(bucket)
	values.open(deletion.days)
}

findings contains verdict.undetermined(bucket, "the class of the data is not known before apply, so neither is how long it must be kept", tags.path(bucket)) if {
	some bucket in _buckets
	_unsure(bucket)
	longest := max([days | some days in minimum[context.tier]])
	some deletion in _deletions(bucket)
	not deletion.days >= longest
}
