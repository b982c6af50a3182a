package sluice.protection.deletion_test

import data.sluice.graph.fixture
import data.sluice.protection.deletion

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(deletion.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_protected(type, inputs) := verdicts if {
	resource := object.union(fixture.resource(type, "r", inputs), {"protect": true})
	verdicts := fixture.verdicts(deletion.findings) with input as fixture.graph("prod", [resource])
}

test_protected_passes if {
	_protected("aws:s3/bucket:Bucket", {}) == []
	_protected("aws:rds/instance:Instance", {"deletionProtection": true}) == []
	_judged("dev", "aws:s3/bucket:Bucket", {}) == []
	retained := object.union(fixture.resource("aws:s3/bucket:Bucket", "r", {}), {"retain_on_delete": true})
	fixture.verdicts(deletion.findings) == [] with input as fixture.graph("prod", [retained])
	count(deletion.examined) == 1 with input as fixture.graph("prod", [retained])
}

test_unprotected_fails if {
	_judged("staging", "aws:s3/bucket:Bucket", {}) == ["fail"]
	_protected("aws:rds/instance:Instance", {}) == ["fail"]
}

test_unknown_is_undetermined if _protected("aws:rds/instance:Instance", {"deletionProtection": fixture.unknown}) == ["undetermined"]
