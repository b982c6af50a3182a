package sluice.tags.required_test

import data.sluice.graph.fixture
import data.sluice.tags.required

_context := {"required_tags": ["owner", "project"]}

_bucket(tags) := fixture.graph_in(_context, [fixture.resource("aws:s3/bucket:Bucket", "b", {"tags": tags})])

_judged(graph) := verdicts if {
	verdicts := fixture.verdicts(required.findings) with input as graph
}

test_all_tags_pass if {
	_judged(_bucket({"owner": "a", "project": fixture.output("urn:x", "name")})) == []
	count(required.examined) == 1 with input as _bucket({})
}

test_missing_and_empty_tags_fail if {
	_judged(_bucket({"owner": "a"})) == ["fail"]
	_judged(_bucket({"owner": "a", "project": ""})) == ["fail"]
	_judged(_bucket(null)) == ["fail"]
	_judged(fixture.graph_in(_context, [fixture.resource("gcp:storage/bucket:Bucket", "b", {"labels": {"owner": "a"}})])) == ["fail"]
}

test_tags_of_the_provider_count if {
	graph := object.union(_bucket({"owner": "a"}), {"providers": {"default": {"package": "aws", "default_tags": {"project": "p"}}}})
	_judged(graph) == []
}

test_unknowns_are_undetermined if {
	_judged(_bucket(fixture.unknown)) == ["undetermined"]
	_judged(_bucket({"owner": "a", "project": fixture.unknown})) == ["undetermined"]
}

test_types_without_tags_and_contexts_without_requirements_are_left_alone if {
	attachment := fixture.resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", {})
	_judged(fixture.graph_in(_context, [attachment])) == []
	_judged(fixture.graph("dev", [fixture.resource("aws:s3/bucket:Bucket", "b", {})])) == []
}

test_lists_of_tags_are_tags if {
	group := fixture.resource("aws:autoscaling/group:Group", "g", {"tags": [{"key": "owner", "value": "a"}, {"key": "project", "value": "p"}]})
	_judged(fixture.graph_in(_context, [group])) == []
}
