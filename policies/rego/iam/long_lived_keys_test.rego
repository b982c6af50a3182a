package sluice.iam.long_lived_keys_test

import data.sluice.graph.fixture
import data.sluice.iam.long_lived_keys

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(long_lived_keys.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

test_no_keys_pass if {
	_judged("azure-native:storage:StorageAccount", {"allowSharedKeyAccess": false}) == []
}

test_keys_fail if {
	_judged("aws:iam/accessKey:AccessKey", {"user": "u"}) == ["fail"]
	_judged("azure-native:storage:StorageAccount", {}) == ["fail"]
	graph := fixture.graph("dev", [fixture.resource("aws:iam/accessKey:AccessKey", "r", {})])
	count(long_lived_keys.examined) == 1 with input as graph
}

test_unknown_is_undetermined if {
	_judged("azure-native:storage:StorageAccount", {"allowSharedKeyAccess": fixture.unknown}) == ["undetermined"]
}
