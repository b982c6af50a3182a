package sluice.encryption.customer_key_test

import data.sluice.encryption.customer_key
import data.sluice.graph.fixture

_topic(key, tags) := fixture.resource("aws:sns/topic:Topic", "t", {"kmsMasterKeyId": key, "tags": tags})

_tagged := {"customer_managed_key_required_for": {"tag": "data-classification", "value": "restricted"}}

test_own_key_passes if {
	graph := fixture.graph("prod", [_topic(fixture.output("urn:key", "arn"), {})])
	fixture.verdicts(customer_key.findings) == [] with input as graph
	count(customer_key.examined) == 1 with input as graph
}

test_key_of_the_cloud_fails if {
	graph := fixture.graph("prod", [_topic("alias/aws/sns", {})])
	fixture.verdicts(customer_key.findings) == ["fail"] with input as graph
}

test_no_key_fails if {
	graph := fixture.graph("prod", [_topic(null, {})])
	fixture.verdicts(customer_key.findings) == ["fail"] with input as graph
}

test_unknown_key_is_undetermined if {
	graph := fixture.graph("prod", [_topic(fixture.unknown, {})])
	fixture.verdicts(customer_key.findings) == ["undetermined"] with input as graph
}

test_public_data_needs_no_key if {
	graph := fixture.graph("prod", [_topic(null, {"data-classification": "public"})])
	fixture.verdicts(customer_key.findings) == [] with input as graph
}

test_unknown_class_is_undetermined if {
	graph := fixture.graph("prod", [_topic(null, {"data-classification": fixture.unknown})])
	fixture.verdicts(customer_key.findings) == ["undetermined"] with input as graph
}

test_tag_of_the_context_asks_for_a_key_in_dev if {
	graph := fixture.graph_in(_tagged, [_topic(null, {"data-classification": "restricted"})])
	fixture.verdicts(customer_key.findings) == ["fail"] with input as graph
}

test_other_data_in_dev_needs_none if {
	graph := fixture.graph_in(_tagged, [_topic(null, {"data-classification": "internal"})])
	fixture.verdicts(customer_key.findings) == [] with input as graph
}

test_unknown_tags_in_dev_are_undetermined if {
	graph := fixture.graph_in(_tagged, [_topic(null, fixture.unknown)])
	fixture.verdicts(customer_key.findings) == ["undetermined"] with input as graph
}
