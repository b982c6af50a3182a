package sluice.network.other_accounts_test

import data.sluice.graph.fixture
import data.sluice.network.other_accounts

_providers := {"default": {"package": "aws", "inputs": {"allowedAccountIds": ["111122223333"]}}}

_graph(type, inputs, providers) := object.union(
	fixture.graph("dev", [fixture.resource(type, "r", inputs)]),
	{"providers": providers},
)

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(other_accounts.findings) with input as _graph(type, inputs, _providers)
}

_grant := "aws:kms/grant:Grant"

_peering := "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"

test_our_own_accounts_pass if {
	_judged(_grant, {"granteePrincipal": "arn:aws:iam::111122223333:role/reader"}) == []
	_judged(_grant, {"granteePrincipal": fixture.output("urn:role", "arn")}) == []
	_judged(_peering, {"vpcId": "v"}) == []
	count(other_accounts.examined) == 1 with input as _graph(_grant, {}, _providers)
}

test_other_accounts_fail if {
	_judged(_grant, {"granteePrincipal": "arn:aws:iam::999988887777:root"}) == ["fail"]
	_judged(_peering, {"peerOwnerId": "999988887777"}) == ["fail"]
	_judged("aws:rds/snapshot:Snapshot", {"sharedAccounts": ["all"]}) == ["fail"]
	_judged("aws:s3/bucketReplicationConfig:BucketReplicationConfig", {"rules": [{"destination": {"account": "999988887777"}}]}) == ["fail"]
}

test_undetermined_where_nobody_says_which_are_ours if {
	graph := _graph(_peering, {"peerOwnerId": "999988887777"}, {})
	fixture.verdicts(other_accounts.findings) == ["undetermined"] with input as graph
}

test_unknown_is_undetermined if _judged(_peering, {"peerOwnerId": fixture.unknown}) == ["undetermined"]

test_the_environment_names_accounts_of_ours if {
	graph := object.union(_graph(_peering, {"peerOwnerId": "999988887777"}, {}), {"context": {"accounts": ["999988887777"]}})
	fixture.verdicts(other_accounts.findings) == [] with input as graph
	stranger := object.union(_graph(_peering, {"peerOwnerId": "123412341234"}, {}), {"context": {"accounts": ["999988887777"]}})
	fixture.verdicts(other_accounts.findings) == ["fail"] with input as stranger
}
