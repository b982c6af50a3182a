# METADATA
# title: The raw zone has a copy in another region
# description: >-
#   Everything else can be computed again from what was extracted; what was extracted cannot be extracted again. One
#   region's fire, or its operator's mistake, must not take both the original and the only copy.
# custom:
#   severity: high
#   category: retention
#   fix: >-
#     S3: a BucketReplicationConfig with an enabled rule to a bucket in another region. Cloud Storage: a dual region,
#     or a replicating TransferJob. Azure: a geo-redundant SKU of the account.
#   frameworks: [NIST 800-53 CP-9(3), ISO 27001 A.8.13, ISO 27001 A.8.14]
#   mandatory: true
package sluice.retention.raw_copy

import data.sluice.graph.accounts
import data.sluice.graph.buckets
import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.graph.zones

_raw_of(type) := zones.raw_of(type) if context.prod

else := []

_subjects := array.concat(_aws, array.concat(_gcp, _azure))

# A copy needs none of its own.
_aws := [{"resource": bucket, "path": ["replicationConfiguration"], "judged": _best(answers)} |
	some bucket in _raw_of(buckets.type)
	not bucket.urn in _s3_copies
	answers := {_away(rule, bucket) | some rule in _rules(bucket)} | _unsaid(buckets.replication(bucket))
]

# One rule that copies is enough.
_best(answers) := "pass" if {
	"pass" in answers
} else := "undetermined" if {
	"undetermined" in answers
} else := "fail"

_unsaid(value) := {"undetermined"} if values.open(value)

else := set()

_rules(bucket) := values.list(buckets.replication(bucket)) if not values.open(buckets.replication(bucket))

else := []

# Whether a rule copies to another region. A bucket of another program is believed to be in one.
_away(rule, bucket) := _enabled(rule) if _enabled(rule) != "pass"

else := "fail" if {
	some region in _regions(rule)
	region == values.resolved(bucket.region)
} else := "undetermined" if {
	some region in (_regions(rule) | {values.resolved(bucket.region)})
	values.open(region)
} else := "pass"

_enabled(rule) := verdict.judge(values.at(rule, ["status"]), {"must": "be", "values": ["enabled"]}) if not values.open(rule)

else := "undetermined"

_regions(rule) := {values.resolved(resources.by_urn[urn].region) | some urn in _destinations(rule)}

_destinations(rule) := {urn |
	some urn in values.sources(object.get(rule, ["destination", "bucket"], null))
	resources.types[urn] == buckets.type
}

_s3_copies := {urn |
	some bucket in buckets.all
	some rule in _rules(bucket)
	_away(rule, bucket) != "fail"
	some urn in _destinations(rule)
}

_gcp := [{"resource": bucket, "path": ["location"], "judged": _spread(bucket)} |
	some bucket in _raw_of("gcp:storage/bucket:Bucket")
	not bucket.urn in _jobs_name("gcsDataSink")
]

_spread(bucket) := "pass" if {
	bucket.urn in _jobs_name("gcsDataSource")
} else := "undetermined" if {
	values.open(_location(bucket))
} else := "fail" if {
	regex.match(`^[a-z]+-[a-z]+[0-9]+$`, lower(_location(bucket)))
} else := "pass"

# Left out, it is the multi-region US.
_location(bucket) := location if {
	location := values.at(resources.inputs(bucket), ["location"])
	location != null
} else := "us"

# Buckets at one end of a job that keeps a copy up to date.
_jobs_name(end) := {urn |
	some job in resources.of_type("gcp:storage/transferJob:TransferJob")
	some urn in values.sources(object.get(resources.inputs(job), ["replicationSpec", end, "bucketName"], null))
}

_azure := [{"resource": container, "path": ["accountName"], "judged": verdict.judge(_sku(container), _geo_redundant)} |
	some container in _raw_of("azure-native:storage:BlobContainer")
]

_geo_redundant := {"must": "be", "values": ["standard_grs", "standard_ragrs", "standard_gzrs", "standard_ragzrs"]}

_sku(container) := name if {
	name := [values.at(resources.inputs(resources.by_urn[account]), ["sku", "name"]) | some account in accounts.of(container)][0]
} else := {"$unknown": {"from": []}}

examined contains subject.resource.urn if some subject in _subjects

findings contains verdict.fail(subject.resource, "the raw zone must have a copy in another region", subject.path) if {
	some subject in _subjects
	subject.judged == "fail"
}

findings contains verdict.undetermined(subject.resource, "whether the raw zone has a copy in another region is not known before apply", subject.path) if {
	some subject in _subjects
	subject.judged == "undetermined"
}
