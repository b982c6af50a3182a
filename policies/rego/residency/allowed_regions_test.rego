package sluice.residency.allowed_regions_test

import data.sluice.graph.fixture
import data.sluice.residency.allowed_regions

_context := {"allowed_regions": {
	"aws": ["eu-west-1"],
	"gcp": ["europe-west1", "europe-north1", "europe-west4"],
	"azure": ["westeurope"],
}}

_in(type, region, inputs) := fixture.graph_in(_context, [object.union(fixture.resource(type, "r", inputs), {"region": region})])

_judged(type, region, inputs) := verdicts if {
	verdicts := fixture.verdicts(allowed_regions.findings) with input as _in(type, region, inputs)
}

_bucket := "gcp:storage/bucket:Bucket"

test_allowed_regions_pass if {
	_judged("aws:sqs/queue:Queue", "eu-west-1", {}) == []
	_judged("azure-native:storage:StorageAccount", "West Europe", {}) == []
	_judged(_bucket, "EUROPE-WEST1", {"location": "EUROPE-WEST1"}) == []
	_judged(_bucket, "EUR4", {"location": "EUR4"}) == []
	_judged("gcp:compute/instance:Instance", null, {"zone": "europe-west1-b"}) == []
	_judged("aws:ec2/subnet:Subnet", "eu-west-1", {"availabilityZone": "eu-west-1a"}) == []
	count(allowed_regions.examined) == 1 with input as _in("aws:sqs/queue:Queue", "eu-west-1", {})
}

test_other_regions_fail if {
	_judged("aws:sqs/queue:Queue", "us-east-1", {}) == ["fail"]
	_judged(_bucket, "US", {}) == ["fail"]
	_judged("gcp:compute/instance:Instance", null, {"zone": "us-central1-a"}) == ["fail"]
	_judged("aws:dynamodb/table:Table", "eu-west-1", {"replicas": [{"regionName": "us-east-1"}]}) == ["fail"]
	_judged("gcp:secretmanager/secret:Secret", null, {"replication": {"auto": {}}}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_judged("aws:sqs/queue:Queue", fixture.unknown, {}) == ["undetermined"]
	_judged("aws:dynamodb/table:Table", "eu-west-1", {"replicas": fixture.unknown}) == ["undetermined"]
}

test_clouds_without_a_list_are_left_alone if {
	graph := fixture.graph_in({"allowed_regions": {"gcp": ["europe-west1"]}}, [object.union(fixture.resource("aws:sqs/queue:Queue", "q", {}), {"region": "us-east-1"})])
	fixture.verdicts(allowed_regions.findings) == [] with input as graph
}
