package sluice.retention.raw_lock_test

import data.sluice.graph.fixture
import data.sluice.retention.raw_lock

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(raw_lock.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_aws(tier, retention) := _judged(tier, "aws:s3/bucket:Bucket", {"objectLockConfiguration": {"rule": {"defaultRetention": retention}}})

_gcp(tier, policy) := _judged(tier, "gcp:storage/bucket:Bucket", {"retentionPolicy": policy})

_account(days) := fixture.resource("azure-native:storage:StorageAccount", "account", {"immutableStorageWithVersioning": {"immutabilityPolicy": {"immutabilityPeriodSinceCreationInDays": days}}})

_container := fixture.resource("azure-native:storage:BlobContainer", "raw", {"accountName": "account"})

_policy(container, days) := fixture.resource("azure-native:storage:BlobContainerImmutabilityPolicy", "p", {
	"accountName": "account",
	"containerName": container,
	"immutabilityPeriodSinceCreationInDays": days,
})

_azure(resources) := verdicts if {
	verdicts := fixture.verdicts(raw_lock.findings) with input as fixture.graph("staging", array.concat(resources, [_container]))
}

test_locked_zones_pass if {
	_aws("prod", {"mode": "COMPLIANCE", "years": 1}) == []
	_aws("staging", {"mode": "GOVERNANCE", "days": 30}) == []
	_gcp("prod", {"retentionPeriod": "31536000", "isLocked": true}) == []
	_azure([_account(30)]) == []
	_azure([_account(null), _policy("raw", 30)]) == []
	_azure([_account(null), _policy(fixture.output(_container.urn, "name"), 30)]) == []
	graph := fixture.graph("dev", [_container])
	count(raw_lock.examined) == 1 with input as graph
}

test_unlocked_zones_fail if {
	_aws("prod", {"mode": "GOVERNANCE", "days": 365}) == ["fail"]
	_aws("prod", {"mode": "COMPLIANCE", "days": 364}) == ["fail"]
	_judged("dev", "aws:s3/bucket:Bucket", {}) == ["fail"]
	_gcp("prod", {"retentionPeriod": "31536000", "isLocked": false}) == ["fail"]
	_gcp("dev", null) == ["fail"]
	_azure([_account(29)]) == ["fail"]
	_azure([_account(null)]) == ["fail"]
}

test_days_of_the_context_count if {
	inputs := {"objectLockConfiguration": {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 400}}}}
	graph := fixture.graph_in({"tier": "prod", "raw_zone_keeps_at_least_days": 500}, [fixture.resource("aws:s3/bucket:Bucket", "raw", inputs)])
	fixture.verdicts(raw_lock.findings) == ["fail"] with input as graph
}

test_unknowns_are_undetermined if {
	_aws("prod", {"mode": "COMPLIANCE", "days": fixture.unknown}) == ["undetermined"]
	_gcp("dev", fixture.unknown) == ["undetermined"]
	_azure([]) == ["undetermined"]
	_azure([_account(fixture.unknown)]) == ["undetermined"]
	_azure([_account(null), _policy(fixture.unknown, 30)]) == ["undetermined"]
}
