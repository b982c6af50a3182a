package sluice.secrets.scripts_test

import data.sluice.graph.fixture
import data.sluice.secrets.scripts

_graph(script) := fixture.graph("dev", [fixture.resource("aws:ec2/instance:Instance", "m", {"userData": script})])

_judged(script) := verdicts if {
	verdicts := fixture.verdicts(scripts.findings) with input as _graph(script)
}

test_scripts_that_fetch_pass if {
	_judged("#!/bin/sh\nPGPASSWORD=$(fetch password) psql -h db\n") == []
	_judged("#!/bin/sh\nrun --token \"$TOKEN\" --token-file /run/token\n") == []
	count(scripts.examined) == 1 with input as _graph("#!/bin/sh\n")
}

test_scripts_with_a_password_fail if {
	_judged("#!/bin/sh\nPGPASSWORD=hunter2-hunter2 psql -h db\n") == ["fail"]
	_judged("#!/bin/sh\nexport API_KEY='abcdef123456'\n") == ["fail"]
	_judged("run --password hunter2hunter2") == ["fail"]
}

test_other_inputs_are_left_alone if {
	graph := fixture.graph("dev", [fixture.resource("aws:sqs/queue:Queue", "q", {"name": "token=abcdefgh"})])
	fixture.verdicts(scripts.findings) == [] with input as graph
}

test_unknown_is_undetermined if _judged(fixture.unknown) == ["undetermined"]
