package sluice.encryption.bucket_transport_test

import data.sluice.encryption.bucket_transport
import data.sluice.graph.fixture

_bucket := fixture.resource("aws:s3/bucket:Bucket", "raw", {})

_policy(document) := fixture.graph("prod", [
	_bucket,
	fixture.resource("aws:s3/bucketPolicy:BucketPolicy", "p", {"bucket": fixture.output(_bucket.urn, "id"), "policy": document}),
])

_denial := json.marshal({"Statement": [{
	"Effect": "Deny",
	"Principal": "*",
	"Action": "s3:*",
	"Resource": "*",
	"Condition": {"Bool": {"aws:SecureTransport": "false"}},
}]})

test_denial_passes if {
	fixture.verdicts(bucket_transport.findings) == [] with input as _policy(_denial)
	count(bucket_transport.examined) == 1 with input as _policy(_denial)
}

test_no_policy_fails if {
	fixture.verdicts(bucket_transport.findings) == ["fail"] with input as fixture.graph("prod", [_bucket])
}

test_other_denial_fails if {
	document := replace(_denial, "aws:SecureTransport", "aws:ViaAWSService")
	fixture.verdicts(bucket_transport.findings) == ["fail"] with input as _policy(document)
}

test_unknown_policy_is_undetermined if {
	fixture.verdicts(bucket_transport.findings) == ["undetermined"] with input as _policy(fixture.unknown)
}

test_dev_is_not_looked_at if {
	count(bucket_transport.examined) == 0 with input as fixture.graph("dev", [_bucket])
}
