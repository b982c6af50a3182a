package sluice.tags.allowed_values_test

import data.sluice.graph.fixture
import data.sluice.tags.allowed_values

_judged(tags) := verdicts if {
	verdicts := fixture.verdicts(allowed_values.findings) with input as _graph(tags)
}

_graph(tags) := fixture.graph_in({"stack": "dev-release"}, [fixture.resource("aws:s3/bucket:Bucket", "b", {"tags": tags})])

test_known_values_pass if {
	_judged({"data-classification": "internal", "managed-by": "pulumi", "environment": "dev"}) == []
	_judged({"environment": "dev-release"}) == []
	count(allowed_values.examined) == 1 with input as _graph({"environment": "dev"})
}

test_other_values_fail if {
	_judged({"data-classification": "secret"}) == ["fail"]
	_judged({"environment": "prod"}) == ["fail"]
}

test_unknown_is_undetermined if _judged({"data-classification": fixture.unknown}) == ["undetermined"]
