package sluice.public_exposure.prefix_lists_test

import data.sluice.graph.fixture
import data.sluice.public_exposure.prefix_lists

_list := "aws:ec2/managedPrefixList:ManagedPrefixList"

_rule := "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

_used := fixture.output(fixture.urn(_list, "l"), "id")

_graph(cidr, rule) := fixture.graph("dev", [fixture.resource(_list, "l", {"entries": [{"cidr": cidr}]}), rule])

_by_rule := fixture.resource(_rule, "r", {"prefixListId": _used})

_by_group := fixture.resource("aws:ec2/securityGroup:SecurityGroup", "g", {"ingress": [{"prefixListIds": [_used]}]})

_by_older_rule := fixture.resource("aws:ec2/securityGroupRule:SecurityGroupRule", "r", {"type": "ingress", "prefixListIds": [_used]})

_outgoing := fixture.resource("aws:ec2/securityGroupRule:SecurityGroupRule", "r", {"type": "egress", "prefixListIds": [_used]})

_judged(graph) := verdicts if {
	verdicts := fixture.verdicts(prefix_lists.findings) with input as graph
}

test_known_networks_pass if {
	_judged(_graph("10.0.0.0/8", _by_rule)) == []
	count(prefix_lists.examined) == 1 with input as _graph("10.0.0.0/8", _by_rule)
}

test_the_internet_fails_by_whichever_kind_of_rule if {
	_judged(_graph("0.0.0.0/0", _by_rule)) == ["fail"]
	_judged(_graph("::/0", _by_group)) == ["fail"]
	_judged(_graph("0.0.0.0/1", _by_older_rule)) == ["fail"]
}

test_an_entry_of_its_own_fails if {
	entry := fixture.resource("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry", "e", {"prefixListId": _used, "cidr": "0.0.0.0/0"})
	graph := fixture.graph("dev", [fixture.resource(_list, "l", {}), entry, _by_rule])
	fixture.named(prefix_lists.findings, "fail") == {"e"} with input as graph
}

test_lists_that_nobody_comes_in_by_are_left_alone if {
	_judged(_graph("0.0.0.0/0", _outgoing)) == []
}

test_unknown_is_undetermined if _judged(_graph(fixture.unknown, _by_rule)) == ["undetermined"]
