# METADATA
# title: Buckets are encrypted with a customer-managed key
# description: >-
#   S3 encrypts every object, but with a key that anybody who may read the bucket uses without a trace. With a
#   customer-managed key, reading needs a second permission and leaves a record. The key may be set by a separate
#   resource; both forms are looked at.
# custom:
#   severity: high
#   category: encryption
#   fix: Attach a BucketServerSideEncryptionConfiguration with `aws:kms` and the key of the data's class.
#   frameworks: [CIS AWS 3.0 2.1.1, NIST 800-53 SC-28(1), ISO 27001 A.8.24]
#   mandatory: true
package sluice.encryption.bucket_key

import data.sluice.graph.buckets
import data.sluice.graph.keys
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_path := ["serverSideEncryptionConfiguration"]

_say := "a customer-managed key must encrypt the bucket"

# S3 writes its access logs only to buckets with its own encryption.
_log_targets := {urn |
	some type, path in {"aws:s3/bucketLogging:BucketLogging": ["targetBucket"], "aws:s3/bucket:Bucket": ["logging", "targetBucket"]}
	some logging in resources.of_type(type)
	some urn in values.sources(object.get(resources.inputs(logging), path, null))
}

_concerned := [bucket | some bucket in keys.concerned(buckets.type); not bucket.urn in _log_targets]

examined contains bucket.urn if some bucket in _concerned

findings contains verdict.fail(bucket, sprintf("%s (no key is set)", [_say]), _path) if {
	some bucket in _concerned
	_judged(bucket) == "fail"
	keys.needed(bucket) == "yes"
}

findings contains verdict.undetermined(bucket, sprintf("%s (not known before apply)", [_say]), _path) if {
	some bucket in _concerned
	_judged(bucket) != "pass"
	"undetermined" in {_judged(bucket), _doubt(keys.needed(bucket))}
}

_doubt("unknown") := "undetermined"

_doubt("yes") := ""

_judged(bucket) := "fail" if {
	"fail" in _both(bucket)
} else := "undetermined" if {
	"undetermined" in _both(bucket)
} else := "pass"

_both(bucket) := {
	verdict.judge(buckets.key(bucket), {"must": "key"}),
	verdict.judge(buckets.algorithm(bucket), {"must": "be", "values": ["aws:kms", "aws:kms:dsse"]}),
}
