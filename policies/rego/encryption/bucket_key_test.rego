package sluice.encryption.bucket_key_test

import data.sluice.encryption.bucket_key
import data.sluice.graph.fixture

_bucket := fixture.resource("aws:s3/bucket:Bucket", "raw", {})

_kms(key) := {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}}]}

_encryption(bucket, content) := fixture.resource(
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"raw",
	object.union({"bucket": bucket}, content),
)

_with(attachment) := fixture.graph("prod", [_bucket, attachment])

_named_by_reference := fixture.output(_bucket.urn, "id")

test_separate_encryption_passes if {
	graph := _with(_encryption(_named_by_reference, _kms(fixture.output("urn:key", "arn"))))
	fixture.verdicts(bucket_key.findings) == [] with input as graph
	count(bucket_key.examined) == 1 with input as graph
}

test_bucket_named_by_its_literal_name_passes if {
	graph := _with(_encryption("raw", _kms(fixture.output("urn:key", "arn"))))
	fixture.verdicts(bucket_key.findings) == [] with input as graph
}

test_encryption_of_another_bucket_fails if {
	graph := _with(_encryption("other", _kms(fixture.output("urn:key", "arn"))))
	fixture.verdicts(bucket_key.findings) == ["fail"] with input as graph
}

test_key_of_the_cloud_fails if {
	graph := _with(_encryption(_named_by_reference, _kms("alias/aws/s3")))
	fixture.verdicts(bucket_key.findings) == ["fail"] with input as graph
}

test_no_encryption_fails if {
	fixture.verdicts(bucket_key.findings) == ["fail"] with input as fixture.graph("prod", [_bucket])
}

test_dev_needs_no_key if {
	fixture.verdicts(bucket_key.findings) == [] with input as fixture.graph("dev", [_bucket])
}

test_unknown_key_is_undetermined if {
	graph := _with(_encryption(_named_by_reference, _kms(fixture.unknown)))
	fixture.verdicts(bucket_key.findings) == ["undetermined"] with input as graph
}

test_encryption_of_an_unknown_bucket_is_undetermined if {
	graph := _with(_encryption(fixture.unknown, _kms(fixture.output("urn:key", "arn"))))
	fixture.verdicts(bucket_key.findings) == ["undetermined"] with input as graph
}

test_inline_encryption_passes if {
	inline := {"serverSideEncryptionConfiguration": {"rule": {"applyServerSideEncryptionByDefault": {
		"sseAlgorithm": "aws:kms",
		"kmsMasterKeyId": fixture.output("urn:key", "arn"),
	}}}}
	graph := fixture.graph("prod", [fixture.resource("aws:s3/bucket:Bucket", "raw", inline)])
	fixture.verdicts(bucket_key.findings) == [] with input as graph
}

test_target_of_access_logs_needs_none if {
	logging := fixture.resource("aws:s3/bucketLogging:BucketLogging", "l", {"bucket": "other", "targetBucket": _named_by_reference})
	fixture.verdicts(bucket_key.findings) == [] with input as fixture.graph("prod", [_bucket, logging])
}
