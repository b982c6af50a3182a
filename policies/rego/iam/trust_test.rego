package sluice.iam.trust_test

import data.sluice.graph.fixture
import data.sluice.iam.trust

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(trust.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_role(statement) := _judged("aws:iam/role:Role", {"assumeRolePolicy": {"Statement": [object.union({"Effect": "Allow", "Action": "sts:AssumeRole"}, statement)]}})

_web(condition) := _role({"Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/x"}, "Condition": condition})

test_named_principals_pass if {
	_role({"Principal": {"Service": "airflow.amazonaws.com"}}) == []
	_web({"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:a/b:ref:refs/heads/main"}}) == []
	_role({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:iam/role:Role", "r", {"assumeRolePolicy": "{}"})])
	count(trust.examined) == 1 with input as graph
}

test_anybody_fails if {
	_role({"Principal": "*"}) == ["fail"]
	_role({"Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}}) == ["fail"]
	_web({}) == ["fail"]
	_web({"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_role({"Principal": {"AWS": fixture.unknown}}) == ["undetermined"]
	_role({"Principal": fixture.unknown}) == ["undetermined"]
	_judged("aws:iam/role:Role", {"assumeRolePolicy": fixture.unknown}) == ["undetermined"]
}
