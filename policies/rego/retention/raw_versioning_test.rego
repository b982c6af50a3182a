package sluice.retention.raw_versioning_test

import data.sluice.graph.fixture
import data.sluice.retention.raw_versioning

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(raw_versioning.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_bucket := fixture.resource("aws:s3/bucket:Bucket", "sluice-dev-raw", {})

_versioning(status) := fixture.graph("dev", [_bucket, fixture.resource("aws:s3/bucketVersioning:BucketVersioning", "v", {
	"bucket": fixture.output(_bucket.urn, "id"),
	"versioningConfiguration": {"status": status},
})])

_account := fixture.resource("azure-native:storage:StorageAccount", "account", {})

_azure(blobs) := fixture.graph("dev", array.concat(blobs, [
	_account,
	fixture.resource("azure-native:storage:BlobContainer", "raw", {"accountName": fixture.output(_account.urn, "name")}),
]))

_blobs(account, enabled) := fixture.resource("azure-native:storage:BlobServiceProperties", "blobs", {"accountName": account, "isVersioningEnabled": enabled})

test_versioned_zones_pass if {
	fixture.verdicts(raw_versioning.findings) == [] with input as _versioning("Enabled")
	count(raw_versioning.examined) == 1 with input as _versioning("Enabled")
	_judged("dev", "gcp:storage/bucket:Bucket", {"versioning": {"enabled": true}}) == []
	_judged("dev", "aws:s3/bucket:Bucket", {"versioning": {"enabled": true}}) == []
	fixture.verdicts(raw_versioning.findings) == [] with input as _azure([_blobs("account", true)])
}

test_unversioned_zones_fail if {
	fixture.verdicts(raw_versioning.findings) == ["fail"] with input as _versioning("Suspended")
	_judged("dev", "gcp:storage/bucket:Bucket", {}) == ["fail"]
	fixture.verdicts(raw_versioning.findings) == ["fail"] with input as _azure([])
	_judged("dev", "aws:s3/bucket:Bucket", {"tags": {"zone": "raw"}}) == ["fail"]
}

test_other_zones_are_left_alone if {
	graph := fixture.graph("dev", [fixture.resource("aws:s3/bucket:Bucket", "crawler", {})])
	fixture.verdicts(raw_versioning.findings) == [] with input as graph
	_judged("dev", "aws:s3/bucket:Bucket", {"tags": {"zone": "curated"}}) == []
}

test_unknowns_are_undetermined if {
	fixture.verdicts(raw_versioning.findings) == ["undetermined"] with input as _versioning(fixture.unknown)
	fixture.verdicts(raw_versioning.findings) == ["undetermined"] with input as _azure([_blobs("account", fixture.unknown)])
	fixture.verdicts(raw_versioning.findings) == ["undetermined"] with input as _azure([_blobs(fixture.unknown, true)])
	_judged("dev", "azure-native:storage:BlobContainer", {"accountName": fixture.unknown}) == ["undetermined"]
}
