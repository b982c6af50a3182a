# METADATA
# description: |
#   S3 buckets with what is set in them or by separate resources. Each setting is a value as any other: literal,
#   open, or null where nobody gives it. A separate resource wins over the inline form, which is deprecated.
package sluice.graph.buckets

import data.sluice.graph.attached
import data.sluice.graph.resources
import data.sluice.graph.values

type := "aws:s3/bucket:Bucket"

all := resources.of_type(type)

_maybe(separate) := {"$unknown": {"from": []}} if attached.may_be(separate)

else := null

# A setting that a separate resource or the bucket itself gives; open where a separate resource may belong to it.
setting(bucket, separate, path, inline) := first if {
	first := [value |
		some resource in attached.of(bucket.urn, separate)
		value := values.at(resources.inputs(resource), path)
	][0]
	first != null
} else := value if {
	count(attached.of(bucket.urn, separate)) == 0
	value := values.at(resources.inputs(bucket), inline)
	value != null
} else := _maybe(separate)

key(bucket) := setting(
	bucket,
	"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
	["rules", 0, "applyServerSideEncryptionByDefault", "kmsMasterKeyId"],
	["serverSideEncryptionConfiguration", "rule", "applyServerSideEncryptionByDefault", "kmsMasterKeyId"],
)

algorithm(bucket) := setting(
	bucket,
	"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
	["rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm"],
	["serverSideEncryptionConfiguration", "rule", "applyServerSideEncryptionByDefault", "sseAlgorithm"],
)

# "Enabled", "Suspended", "Disabled", true or false.
versioning(bucket) := setting(
	bucket,
	"aws:s3/bucketVersioning:BucketVersioning",
	["versioningConfiguration", "status"],
	["versioning", "enabled"],
)

_lock := "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"

lock_mode(bucket) := setting(
	bucket,
	_lock,
	["rule", "defaultRetention", "mode"],
	["objectLockConfiguration", "rule", "defaultRetention", "mode"],
)

# Days that the default lock holds; years count 365 days.
lock_days(bucket) := days if {
	days := setting(
		bucket,
		_lock,
		["rule", "defaultRetention", "days"],
		["objectLockConfiguration", "rule", "defaultRetention", "days"],
	)
	days != null
} else := years * 365 if {
	years := _lock_years(bucket)
	is_number(years)
} else := _lock_years(bucket)

_lock_years(bucket) := setting(
	bucket,
	_lock,
	["rule", "defaultRetention", "years"],
	["objectLockConfiguration", "rule", "defaultRetention", "years"],
)

# Life-cycle rules: a list, open as a whole where it is not known.
lifecycle(bucket) := setting(
	bucket,
	"aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
	["rules"],
	["lifecycleRules"],
)

# Replication rules: a list, open as a whole where it is not known.
replication(bucket) := setting(
	bucket,
	"aws:s3/bucketReplicationConfig:BucketReplicationConfig",
	["rules"],
	["replicationConfiguration", "rules"],
)

policies(bucket) := array.concat(
	[values.at(resources.inputs(policy), ["policy"]) |
		some policy in attached.of(bucket.urn, "aws:s3/bucketPolicy:BucketPolicy")
	],
	[value |
		value := values.at(resources.inputs(bucket), ["policy"])
		value != null
	],
)
