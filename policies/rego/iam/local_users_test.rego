package sluice.iam.local_users_test

import data.sluice.graph.fixture
import data.sluice.iam.local_users

_graph(inputs) := fixture.graph("dev", [fixture.resource("azure-native:storage:StorageAccount", "a", inputs)])

_judged(inputs) := verdicts if {
	verdicts := fixture.verdicts(local_users.findings) with input as _graph(inputs)
}

test_no_local_users_pass if {
	_judged({}) == []
	_judged({"isLocalUserEnabled": false, "isSftpEnabled": false}) == []
	count(local_users.examined) == 1 with input as _graph({})
}

test_local_users_fail if {
	_judged({"isLocalUserEnabled": true}) == ["fail"]
	_judged({"isLocalUserEnabled": true, "isSftpEnabled": true}) == ["fail", "fail"]
}

test_unknown_is_undetermined if _judged({"isLocalUserEnabled": fixture.unknown}) == ["undetermined"]
