package sluice.network.endpoint_policies_test

import data.sluice.graph.fixture
import data.sluice.network.endpoint_policies

_graph(policy) := fixture.graph("dev", [fixture.resource("aws:ec2/vpcEndpoint:VpcEndpoint", "e", {"policy": policy})])

_judged(policy) := verdicts if {
	verdicts := fixture.verdicts(endpoint_policies.findings) with input as _graph(policy)
}

_policy(statement) := json.marshal({"Version": "2012-10-17", "Statement": [object.union({"Effect": "Allow", "Principal": "*", "Action": "s3:*"}, statement)]})

test_known_resources_pass if {
	_judged(_policy({"Resource": "arn:aws:s3:::ours/*"})) == []
	_judged(_policy({"Resource": "*", "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}})) == []
	_judged(null) == []
	count(endpoint_policies.examined) == 1 with input as _graph(_policy({"Resource": "*"}))
}

test_every_resource_fails if _judged(_policy({"Resource": "*"})) == ["fail"]

test_a_login_passes_and_nothing_beside_it if {
	_judged(_policy({"Resource": "*", "Action": ["ecr:GetAuthorizationToken"]})) == []
	_judged(_policy({"Resource": "*", "Action": ["ecr:GetAuthorizationToken", "ecr:PutImage"]})) == ["fail"]
	_judged(json.marshal({"Statement": [{"Effect": "Allow", "NotAction": "ecr:PutImage", "Resource": "*"}]})) == ["fail"]
}

test_unknown_is_undetermined if _judged(fixture.unknown) == ["undetermined"]
