package sluice.secrets.readable_place_test

import data.sluice.graph.fixture
import data.sluice.secrets.readable_place

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(readable_place.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_variables(content) := _judged("aws:lambda/function:Function", {"environment": {"variables": content}})

test_names_of_secrets_pass if {
	_variables({"SECRET": fixture.output("urn:secret", "arn")}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:lambda/function:Function", "f", {})])
	count(readable_place.examined) == 1 with input as graph
}

test_secrets_in_variables_fail if {
	_variables({"PASSWORD": fixture.secret}) == ["fail"]
	_variables({"URL": "postgres://app:${secret:password}@db"}) == ["fail"]
	_variables({"PASSWORD": fixture.output("urn:version", "secretString")}) == ["fail"]
	_judged("aws:sqs/queue:Queue", {"tags": {"token": fixture.secret}}) == ["fail"]
}

test_unknown_variables_are_undetermined if _variables(fixture.unknown) == ["undetermined"]
