package sluice.public_exposure.policies_test

import data.sluice.graph.fixture
import data.sluice.public_exposure.policies

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(policies.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_queue(statement) := _judged("aws:sqs/queuePolicy:QueuePolicy", {"policy": json.marshal({"Statement": statement})})

_open := {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}

_when(condition) := _queue(object.union(_open, {"Condition": condition}))

test_named_principal_passes if {
	_queue(object.union(_open, {"Principal": {"Service": "events.amazonaws.com"}})) == []
}

test_denial_passes if {
	_queue(object.union(_open, {"Effect": "Deny"})) == []
}

test_tied_passes if {
	_when({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}) == []
	_when({"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}) == []
	_when({"ArnLike": {"aws:SourceArn": "${urn:pulumi:a::b::c::d#arn}"}}) == []
}

test_anybody_fails if {
	_queue(_open) == ["fail"]
	_queue([object.union(_open, {"Principal": {"AWS": ["*"]}})]) == ["fail"]
	_queue(object.union(object.remove(_open, ["Principal"]), {"NotPrincipal": {"AWS": "arn:aws:iam::1:root"}})) == ["fail"]
	_queue({lower(key): value | some key, value in _open}) == ["fail"]
	_judged("aws:sqs/queue:Queue", {"policy": {"Statement": [_open]}}) == ["fail"]
}

test_ties_that_tie_nobody_fail if {
	_when({"StringLike": {"aws:SourceArn": "*"}}) == ["fail"]
	_when({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}) == ["fail"]
	_when({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}) == ["fail"]
	_when({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_judged("aws:sqs/queuePolicy:QueuePolicy", {"policy": fixture.unknown}) == ["undetermined"]
	_judged("aws:sqs/queuePolicy:QueuePolicy", {"policy": "{not json"}) == ["undetermined"]
	_judged("aws:sqs/queue:Queue", {"policy": {"Statement": [object.union(_open, {"Principal": {"AWS": fixture.unknown}})]}}) == ["undetermined"]
	_judged("aws:sqs/queue:Queue", {"policy": {"Statement": [object.union(_open, {"Principal": {"AWS": fixture.secret}})]}}) == ["undetermined"]
	_judged("aws:sqs/queue:Queue", {"policy": {"Statement": [object.union(_open, {"Condition": fixture.unknown})]}}) == ["undetermined"]
}

test_lambda_permission if {
	_judged("aws:lambda/permission:Permission", {"principal": "*"}) == ["fail"]
	_judged("aws:lambda/permission:Permission", {"principal": "*", "sourceAccount": "1"}) == []
	_judged("aws:lambda/permission:Permission", {"principal": fixture.unknown}) == ["undetermined"]
	graph := fixture.graph("dev", [fixture.resource("aws:lambda/permission:Permission", "r", {"principal": "s3.amazonaws.com"})])
	count(policies.examined) == 1 with input as graph
}
