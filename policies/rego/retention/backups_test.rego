package sluice.retention.backups_test

import data.sluice.graph.fixture
import data.sluice.retention.backups

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(backups.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_db(days, class) := _judged("prod", "aws:rds/instance:Instance", {"backupRetentionPeriod": days, "tags": {"data-classification": class}})

_plan(days) := _judged("prod", "aws:backup/plan:Plan", {"tags": {"data-classification": "confidential"}, "rules": [{"lifecycle": {"deleteAfter": days}}]})

test_long_backups_pass if {
	_db(14, "internal") == []
	_db(35, "restricted") == []
	_plan(90) == []
	_plan(null) == []
	_judged("prod", "aws:dynamodb/table:Table", {"pointInTimeRecovery": {"enabled": true}}) == []
	_judged("prod", "aws:rds/instance:Instance", {"replicateSourceDb": "source"}) == []
	_judged("dev", "aws:rds/instance:Instance", {}) == []
	graph := fixture.graph("prod", [fixture.resource("aws:rds/instance:Instance", "b", {})])
	count(backups.examined) == 1 with input as graph
}

_rules(days) := _judged("prod", "aws:backup/plan:Plan", {
	"tags": {"data-classification": "confidential"},
	"rules": [{"lifecycle": {"deleteAfter": kept}} | some kept in days],
})

test_a_short_rule_beside_a_long_one_passes if {
	_rules([90, 35]) == []
	_rules([7, 400, 1]) == []
	_rules([35, null]) == []
}

test_of_rules_that_are_all_short_each_fails if {
	_rules([35, 89]) == ["fail", "fail"]
	_rules([89, 89]) == ["fail", "fail"]
}

test_a_rule_that_is_not_known_excuses_nobody if {
	_rules([35, fixture.unknown]) == ["fail", "undetermined"]
}

test_short_backups_fail if {
	_db(7, "internal") == ["fail"]
	_db(null, "internal") == ["fail"]
	_plan(89) == ["fail"]
	_judged("prod", "aws:dynamodb/table:Table", {}) == ["fail"]
	_judged("staging", "azure-native:dbforpostgresql:Server", {"tags": {"data-classification": "confidential"}}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_db(fixture.unknown, "internal") == ["undetermined"]
	_db(7, fixture.unknown) == ["undetermined"]
	_plan(fixture.unknown) == ["undetermined"]
}
