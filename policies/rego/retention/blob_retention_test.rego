package sluice.retention.blob_retention_test

import data.sluice.graph.fixture
import data.sluice.retention.blob_retention

_account(class) := fixture.resource("azure-native:storage:StorageAccount", "account", {"tags": {"data-classification": class}})

_policy(deletion) := fixture.resource("azure-native:storage:ManagementPolicy", "p", {
	"accountName": "account",
	"policy": {"rules": [{"definition": {"actions": {"baseBlob": {"delete": deletion}}}}]},
})

_judged(class, deletion) := verdicts if {
	verdicts := fixture.verdicts(blob_retention.findings) with input as _graph(class, deletion)
}

_graph(class, deletion) := fixture.graph("prod", [_account(class), _policy(deletion)])

test_long_retention_passes if {
	_judged("confidential", {"daysAfterModificationGreaterThan": 90}) == []
	_judged("confidential", null) == []
	count(blob_retention.examined) == 1 with input as _graph("internal", null)
	count(blob_retention.examined) == 0 with input as fixture.graph("dev", [_policy(null)])
}

test_short_retention_fails if {
	_judged("confidential", {"daysAfterModificationGreaterThan": 89}) == ["fail"]
	_judged("internal", {"daysAfterCreationGreaterThan": 1}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_judged("confidential", {"daysAfterModificationGreaterThan": fixture.unknown}) == ["undetermined"]
	_judged(fixture.unknown, {"daysAfterModificationGreaterThan": 90}) == ["undetermined"]
}

test_policy_of_an_unknown_account_is_undetermined if {
	policy := fixture.resource("azure-native:storage:ManagementPolicy", "p", object.union(
		_policy({"daysAfterModificationGreaterThan": 1}).inputs,
		{"accountName": fixture.unknown},
	))
	fixture.verdicts(blob_retention.findings) == ["undetermined"] with input as fixture.graph("prod", [policy])
}
