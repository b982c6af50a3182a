package sluice.iam.inverted_statement_test

import data.sluice.graph.fixture
import data.sluice.iam.inverted_statement

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(inverted_statement.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_policy(statement) := _judged("aws:iam/policy:Policy", {"policy": json.marshal({"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]})})

_object(statement) := _judged("aws:iam/rolePolicy:RolePolicy", {"policy": {"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]}})

test_plain_statement_passes if {
	_policy({"Action": "s3:GetObject"}) == []
	_policy({"Effect": "Deny", "NotAction": "iam:*"}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:iam/policy:Policy", "r", {"policy": "{\"Statement\":[]}"})])
	count(inverted_statement.examined) == 1 with input as graph
}

test_inverted_statements_fail if {
	_policy({"NotAction": "iam:*"}) == ["fail"]
	_policy({"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}) == ["fail"]
}

test_unknown_is_undetermined if {
	_judged("aws:iam/policy:Policy", {"policy": fixture.unknown}) == ["undetermined"]
	_object({"Action": "s3:GetObject"}) == []
}
