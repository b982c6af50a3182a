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

_most := fixture.resource("aws:iam/policy:Policy", "most", {"policy": json.marshal({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}]})})

_bounded := fixture.resource("aws:iam/role:Role", "r", {"permissionsBoundary": fixture.output(_most.urn, "arn")})

_tie(policy) := fixture.resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "tie", {"policyArn": policy})

_in(resources) := verdicts if {
	verdicts := fixture.verdicts(wildcard_action.findings) with input as fixture.graph("dev", resources)
}

test_what_only_bounds_gives_nothing if {
	_in([_most, _bounded]) == []
}

test_a_boundary_that_is_attached_as_well_gives_what_it_says if {
	_in([_most]) == ["fail"]
	_in([_most, _bounded, _tie(fixture.output(_most.urn, "arn"))]) == ["fail"]
	_in([_most, _bounded, _tie("arn:aws:iam::111122223333:policy/most")]) == ["fail"]
}

test_unknowns_are_undetermined if {
	_object({"Action": [fixture.unknown]}) == ["undetermined"]
	_object({"Action": "${call:aws:x#action}"}) == ["undetermined"]
	_judged("aws:iam/policy:Policy", {"policy": fixture.unknown}) == ["undetermined"]
	_judged("aws:iam/policy:Policy", {"policy": fixture.output("call:aws:iam/getPolicy:getPolicy", "policy")}) == ["undetermined"]
}
