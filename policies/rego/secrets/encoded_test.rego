package sluice.secrets.encoded_test

import data.sluice.graph.fixture
import data.sluice.secrets.encoded

_graph(text) := fixture.graph("dev", [fixture.resource("aws:ec2/instance:Instance", "m", {"userDataBase64": base64.encode(text)})])

_judged(text) := verdicts if {
	verdicts := fixture.verdicts(encoded.findings) with input as _graph(text)
}

test_a_plain_script_passes if {
	_judged("#!/bin/sh\necho started at the usual time\n") == []
	count(encoded.examined) == 1 with input as _graph("#!/bin/sh\necho started at the usual time\n")
}

test_a_script_with_a_credential_fails if {
	_judged(concat("", ["#!/bin/sh\nexport KEY=AKIA", "IOSFODNN7", "EXAMPLE\n"])) == ["fail"]
}

test_names_that_only_look_encoded_are_left_alone if {
	graph := fixture.graph("dev", [fixture.resource("aws:sqs/queue:Queue", "q", {"name": "AVeryLongNameOfAQueueThatIsNotEncoded"})])
	fixture.verdicts(encoded.findings) == [] with input as graph
}

test_unknown_is_undetermined if {
	graph := fixture.graph("dev", [fixture.resource("aws:ec2/instance:Instance", "m", {"userDataBase64": fixture.unknown})])
	fixture.verdicts(encoded.findings) == ["undetermined"] with input as graph
}
