package sluice.protection.destructive_settings_test

import data.sluice.graph.fixture
import data.sluice.protection.destructive_settings

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(destructive_settings.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

test_careful_settings_pass if {
	_judged("prod", "aws:s3/bucket:Bucket", {}) == []
	_judged("prod", "aws:kms/key:Key", {"deletionWindowInDays": 30}) == []
	_judged("dev", "aws:s3/bucket:Bucket", {"forceDestroy": true}) == []
	graph := fixture.graph("prod", [fixture.resource("aws:s3/bucket:Bucket", "b", {})])
	count(destructive_settings.examined) == 1 with input as graph
}

test_destructive_settings_fail if {
	_judged("prod", "aws:s3/bucket:Bucket", {"forceDestroy": true}) == ["fail"]
	_judged("prod", "aws:s3/bucket:Bucket", {"forceDestroy": "true"}) == ["fail"]
	_judged("prod", "aws:secretsmanager/secret:Secret", {"recoveryWindowInDays": 0}) == ["fail"]
	_judged("prod", "azure-native:keyvault:Vault", {"properties": {}}) == ["fail"]
}

test_unknown_is_undetermined if _judged("prod", "aws:s3/bucket:Bucket", {"forceDestroy": fixture.unknown}) == ["undetermined"]
