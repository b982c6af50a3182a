package sluice.iam.wildcard_action_test

import data.sluice.graph.fixture
import data.sluice.iam.wildcard_action

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(wildcard_action.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_policy(statement) := _judged("aws:iam/policy:Policy", {"policy": json.marshal({"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]})})

_object(statement) := _judged("aws:iam/rolePolicy:RolePolicy", {"policy": {"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]}})

test_named_actions_pass if {
	_policy({"Action": ["s3:GetObject", "s3:List*"]}) == []
	_policy({"Effect": "Deny", "Action": "*"}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:iam/policy:Policy", "r", {"policy": "{\"Statement\":[]}"})])
	count(wildcard_action.examined) == 1 with input as graph
}

test_every_action_fails if {
	_policy({"Action": "*"}) == ["fail"]
	_policy({"Action": ["s3:Get*", "S3:*"]}) == ["fail"]
	_policy({"Action": "s3:?*"}) == ["fail"]
	_policy({"Action": "*:*"}) == ["fail"]
	_judged("aws:iam/role:Role", {"inlinePolicies": [{"policy": {"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}}]}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_object({"Action": [fixture.unknown]}) == ["undetermined"]
	_object({"Action": "${call:aws:x#action}"}) == ["undetermined"]
	_judged("aws:iam/policy:Policy", {"policy": fixture.unknown}) == ["undetermined"]
	_judged("aws:iam/policy:Policy", {"policy": fixture.output("call:aws:iam/getPolicy:getPolicy", "policy")}) == ["undetermined"]
}
