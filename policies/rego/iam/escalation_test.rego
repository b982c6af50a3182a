package sluice.iam.escalation_test

import data.sluice.graph.fixture
import data.sluice.iam.escalation

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(escalation.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_policy(statement) := _judged("aws:iam/policy:Policy", {"policy": json.marshal({"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]})})

_object(statement) := _judged("aws:iam/rolePolicy:RolePolicy", {"policy": {"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]}})

test_harmless_passes if {
	_policy({"Action": ["iam:GetRole", "s3:PutObject"]}) == []
	_policy({"Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/spark"}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:iam/policy:Policy", "r", {"policy": "{\"Statement\":[]}"})])
	count(escalation.examined) == 1 with input as graph
}

test_writing_policies_fails if {
	_policy({"Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::1:policy/own"}) == ["fail"]
	count(_policy({"Action": "iam:Put*"})) > 3
	count(_policy({"Action": "iam:*Role*"})) > 2
}

_bounded(action, test, boundary) := _policy({"Action": action, "Resource": "arn:aws:iam::111122223333:role/x-*", "Condition": {test: {"iam:PermissionsBoundary": boundary}}})

test_writing_policies_within_a_named_boundary_passes if {
	boundary := "arn:aws:iam::111122223333:policy/most"
	_bounded(["iam:PutRolePolicy", "iam:AttachRolePolicy"], "StringEquals", boundary) == []
	_bounded("iam:PutRolePermissionsBoundary", "ArnEquals", [boundary]) == []
	_bounded("iam:PutRolePolicy", "StringEquals", fixture.output("urn:pulumi:d::p::aws:iam/policy:Policy::most", "arn")) == []
}

test_a_boundary_that_may_be_any_holds_nothing if {
	_bounded("iam:PutRolePolicy", "StringLike", "arn:aws:iam::111122223333:policy/most") == ["fail"]
	_bounded("iam:PutRolePolicy", "StringEquals", "arn:aws:iam::111122223333:policy/*") == ["fail"]
	_bounded("iam:PutRolePolicy", "StringEquals", ["arn:aws:iam::111122223333:policy/most", "*"]) == ["fail"]
	_bounded("iam:PutRolePolicy", "StringNotEquals", "arn:aws:iam::111122223333:policy/most") == ["fail"]
}

test_a_boundary_holds_no_trust_and_no_document if {
	boundary := "arn:aws:iam::111122223333:policy/most"
	_bounded("iam:UpdateAssumeRolePolicy", "StringEquals", boundary) == ["fail"]
	_bounded("iam:CreatePolicyVersion", "StringEquals", boundary) == ["fail"]
	_bounded("iam:DeleteRolePermissionsBoundary", "StringEquals", boundary) == ["fail"]
}

test_passing_any_role_fails if {
	_policy({"Action": "iam:PassRole", "Resource": "*"}) == ["fail"]
	_policy({"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::1:role/*"}) == ["fail"]
	_policy({"Action": ["iam:PassRole", "lambda:CreateFunction"], "Resource": "*"}) == ["fail", "fail"]
}

test_passing_any_role_to_one_service_fails_where_code_can_be_run if {
	condition := {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
	_policy({"Action": "iam:PassRole", "Resource": "*", "Condition": condition}) == []
	_policy({"Action": ["iam:PassRole", "lambda:CreateFunction"], "Resource": "*", "Condition": condition}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_object({"Action": fixture.unknown}) == ["undetermined"]
	_object({"Action": "iam:PassRole", "Resource": fixture.unknown}) == ["undetermined"]
	_judged("aws:iam/policy:Policy", {"policy": fixture.unknown}) == ["undetermined"]
}
