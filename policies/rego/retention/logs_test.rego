package sluice.retention.logs_test

import data.sluice.graph.fixture
import data.sluice.retention.logs

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(logs.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_group(tier, days) := _judged(tier, "aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": days})

test_kept_logs_pass if {
	_group("prod", 365) == []
	_group("staging", 30) == []
	_group("dev", 1) == []
	graph := fixture.graph("prod", [fixture.resource("aws:cloudwatch/logGroup:LogGroup", "b", {})])
	count(logs.examined) == 1 with input as graph
}

test_short_or_endless_logs_fail if {
	_group("prod", 30) == ["fail"]
	_group("dev", null) == ["fail"]
	_group("dev", 0) == ["fail"]
}

test_unknown_is_undetermined if _group("prod", fixture.unknown) == ["undetermined"]
