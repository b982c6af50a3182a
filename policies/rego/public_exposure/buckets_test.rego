package sluice.public_exposure.buckets_test

import data.sluice.graph.fixture
import data.sluice.public_exposure.buckets

_bucket := fixture.resource("aws:s3/bucket:Bucket", "raw", {})

_block(content) := fixture.resource("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "b", object.union(
	{
		"bucket": sprintf("${%s#id}", [_bucket.urn]),
		"blockPublicAcls": true,
		"blockPublicPolicy": true,
		"ignorePublicAcls": true,
		"restrictPublicBuckets": true,
	},
	content,
))

_gcp(inputs) := fixture.graph("dev", [fixture.resource("gcp:storage/bucket:Bucket", "b", inputs)])

_acl(entries) := fixture.graph("dev", [fixture.resource("gcp:storage/bucketACL:BucketACL", "b", {"roleEntities": entries})])

test_blocked_bucket_passes if {
	graph := fixture.graph("dev", [_bucket, _block({})])
	fixture.verdicts(buckets.findings) == [] with input as graph
	count(buckets.examined) == 2 with input as graph
}

test_block_of_the_account_is_enough if {
	account := fixture.resource("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "a", _block({}).inputs)
	fixture.verdicts(buckets.findings) == [] with input as fixture.graph("dev", [_bucket, account])
}

test_unblocked_bucket_fails if {
	fixture.verdicts(buckets.findings) == ["fail"] with input as fixture.graph("dev", [_bucket])
}

test_half_a_block_fails if {
	graph := fixture.graph("dev", [_bucket, _block({"restrictPublicBuckets": false})])
	fixture.verdicts(buckets.findings) == ["fail"] with input as graph
}

test_block_of_an_unknown_bucket_is_undetermined if {
	graph := fixture.graph("dev", [_bucket, _block({"bucket": fixture.unknown})])
	fixture.verdicts(buckets.findings) == ["undetermined"] with input as graph
}

test_public_acl_fails if {
	acl := fixture.resource("aws:s3/bucketAclV2:BucketAclV2", "a", {"acl": "public-read"})
	fixture.verdicts(buckets.findings) == ["fail"] with input as fixture.graph("dev", [acl])
}

test_cloud_storage if {
	fixture.verdicts(buckets.findings) == [] with input as _gcp({"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": true})
	fixture.verdicts(buckets.findings) == ["fail", "fail"] with input as _gcp({})
	fixture.verdicts(buckets.findings) == ["fail"] with input as _acl(["READER:allUsers"])
	fixture.verdicts(buckets.findings) == [] with input as _acl(["READER:user-a@example.com"])
}

test_unknown_prevention_is_undetermined if {
	graph := _gcp({"publicAccessPrevention": fixture.unknown, "uniformBucketLevelAccess": true})
	fixture.verdicts(buckets.findings) == ["undetermined"] with input as graph
}
