package sluice.retention.zone_retention_test

import data.sluice.graph.fixture
import data.sluice.retention.zone_retention

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(zone_retention.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_tags := {"data-classification": "confidential"}

_aws(days) := _judged("prod", "aws:s3/bucket:Bucket", {"tags": _tags, "lifecycleRules": [{"enabled": true, "expiration": {"days": days}}]})

_gcp(condition) := _judged("prod", "gcp:storage/bucket:Bucket", {"labels": _tags, "lifecycleRules": [{"action": {"type": "Delete"}, "condition": condition}]})

test_long_retention_passes if {
	_aws(90) == []
	_gcp({"age": 90}) == []
	_gcp({"numNewerVersions": 3}) == []
	_judged("prod", "aws:s3/bucket:Bucket", {"tags": _tags}) == []
	_judged("prod", "aws:s3/bucket:Bucket", {"tags": _tags, "lifecycleRules": [{"enabled": false, "expiration": {"days": 1}}]}) == []
	graph := fixture.graph("prod", [fixture.resource("aws:s3/bucket:Bucket", "b", {"tags": _tags})])
	count(zone_retention.examined) == 1 with input as graph
}

test_short_retention_fails if {
	_aws(89) == ["fail"]
	_gcp({"age": 30}) == ["fail"]
	_gcp({"createdBefore": "2020-01-01"}) == ["fail"]
}

test_days_of_the_context_hold_for_the_raw_zone if {
	inputs := {"tags": {}, "lifecycleRules": [{"enabled": true, "expiration": {"days": 365}}]}
	graph := fixture.graph_in({"tier": "dev", "raw_zone_keeps_at_least_days": 400}, [fixture.resource("aws:s3/bucket:Bucket", "raw", inputs)])
	fixture.verdicts(zone_retention.findings) == ["fail"] with input as graph
}

test_unknowns_are_undetermined if {
	_aws(fixture.unknown) == ["undetermined"]
	_judged("prod", "aws:s3/bucket:Bucket", {"tags": _tags, "lifecycleRules": fixture.unknown}) == ["undetermined"]
	_judged("prod", "aws:s3/bucket:Bucket", {"tags": fixture.unknown, "lifecycleRules": [{"enabled": true, "expiration": {"days": 1}}]}) == ["undetermined"]
	_gcp(fixture.unknown) == ["undetermined"]
	graph := fixture.graph("prod", [fixture.resource("aws:s3/bucket:Bucket", "b", {"tags": fixture.unknown})])
	count(zone_retention.examined) == 1 with input as graph
}
