package sluice.retention.raw_copy_test

import data.sluice.graph.fixture
import data.sluice.retention.raw_copy

_s3 := "aws:s3/bucket:Bucket"

_bucket(name, region) := object.union(fixture.resource(_s3, name, {}), {"region": region})

_rule(status) := {"status": status, "destination": {"bucket": fixture.output(fixture.urn(_s3, "raw-failover"), "arn")}}

_replication(rules) := fixture.resource("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "replication", {
	"bucket": fixture.output(fixture.urn(_s3, "raw"), "id"),
	"rules": rules,
})

_aws(rules, failover) := [_bucket("raw", "eu-west-1"), _bucket("raw-failover", failover), _replication(rules)]

_gcp(location) := fixture.resource("gcp:storage/bucket:Bucket", "raw", {"location": location})

_job := fixture.resource("gcp:storage/transferJob:TransferJob", "copy", {"replicationSpec": {"gcsDataSource": {"bucketName": fixture.output(
	fixture.urn("gcp:storage/bucket:Bucket", "raw"),
	"name",
)}}})

_account := fixture.urn("azure-native:storage:StorageAccount", "account")

_azure(sku) := [
	fixture.resource("azure-native:storage:StorageAccount", "account", {"sku": {"name": sku}}),
	fixture.resource("azure-native:storage:BlobContainer", "raw", {"accountName": fixture.output(_account, "name")}),
]

_judged(resources) := verdicts if {
	verdicts := fixture.verdicts(raw_copy.findings) with input as fixture.graph("prod", resources)
}

test_copied_zones_pass if {
	_judged(_aws([_rule("Enabled")], "eu-central-1")) == []
	_judged(_aws([_rule("Disabled"), _rule("Enabled")], "eu-central-1")) == []
	_judged([_bucket("raw", "eu-west-1"), _replication([{"status": "Enabled", "destination": {"bucket": "arn:aws:s3:::away"}}])]) == []
	_judged([_gcp("EUR4")]) == []
	_judged([_gcp(null)]) == []
	_judged([_gcp("europe-west1"), _job]) == []
	_judged(_azure("Standard_GZRS")) == []
	count(raw_copy.examined) == 1 with input as fixture.graph("prod", _azure("Standard_GZRS"))
}

test_zones_in_one_region_fail if {
	_judged([_bucket("raw", "eu-west-1")]) == ["fail"]
	_judged(_aws([_rule("Disabled")], "eu-central-1")) == ["fail", "fail"]
	_judged([_gcp("europe-west1")]) == ["fail"]
	_judged(_azure("Standard_ZRS")) == ["fail"]
}

test_a_copy_beside_the_original_is_none if {
	_judged(_aws([_rule("Enabled")], "eu-west-1")) == ["fail", "fail"]
}

test_unknowns_are_undetermined if {
	_judged(_aws([_rule(fixture.unknown)], "eu-central-1")) == ["undetermined"]
	_judged(_aws([_rule("Enabled")], fixture.unknown)) == ["undetermined"]
	_judged([_bucket("raw", "eu-west-1"), _replication(fixture.unknown)]) == ["undetermined"]
	_judged([_bucket("raw", "eu-west-1"), _replication([fixture.unknown])]) == ["undetermined"]
	_judged([_gcp(fixture.unknown)]) == ["undetermined"]
	_judged(_azure(fixture.unknown)) == ["undetermined"]
	_judged([fixture.resource("azure-native:storage:BlobContainer", "raw", {"accountName": fixture.unknown})]) == ["undetermined"]
}

test_other_tiers_and_zones_are_left_alone if {
	fixture.verdicts(raw_copy.findings) == [] with input as fixture.graph("staging", [_gcp("europe-west1")])
	_judged([fixture.resource(_s3, "curated", {})]) == []
}
