package sluice.iam.wildcard_resource_test

import data.sluice.graph.fixture
import data.sluice.iam.wildcard_resource

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(wildcard_resource.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_policy(statement) := _judged("aws:iam/policy:Policy", {"policy": json.marshal({"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]})})

_object(statement) := _judged("aws:iam/rolePolicy:RolePolicy", {"policy": {"Statement": [object.union({"Effect": "Allow", "Resource": "arn:aws:s3:::b"}, statement)]}})

test_named_resources_pass if {
	_policy({"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*", "${urn:pulumi:a::b::c::d#arn}/*"]}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:iam/policy:Policy", "r", {"policy": "{\"Statement\":[]}"})])
	count(wildcard_resource.examined) == 1 with input as graph
}

test_actions_that_cannot_be_scoped_pass if {
	_policy({"Action": ["ec2:DescribeVpcs", "ecr:GetAuthorizationToken", "sts:GetCallerIdentity"], "Resource": "*"}) == []
}

test_narrowed_statements_pass if {
	condition := {"StringEquals": {"aws:ResourceTag/project": "sluice"}}
	_policy({"Action": "ec2:StopInstances", "Resource": "*", "Condition": condition}) == []
}

test_wide_resources_fail if {
	_policy({"Action": "s3:GetObject", "Resource": "*"}) == ["fail"]
	_policy({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::*"}) == ["fail"]
	_policy({"Action": ["ec2:DescribeVpcs", "sqs:SendMessage"], "Resource": "*"}) == ["fail"]
	_policy({"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {"aws:ResourceTag/x": "*"}}}) == ["fail"]
	_object({"Action": "s3:GetObject", "Resource": fixture.echo("urn:config", "pattern", "*")}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_object({"Action": "s3:GetObject", "Resource": [fixture.unknown]}) == ["undetermined"]
	_object({"Action": "s3:GetObject", "Resource": fixture.secret}) == ["undetermined"]
	_judged("aws:iam/policy:Policy", {"policy": fixture.unknown}) == ["undetermined"]
}
