package sluice.iam.default_accounts_test

import data.sluice.graph.fixture
import data.sluice.iam.default_accounts

_graph(inputs) := fixture.graph("dev", [fixture.resource("gcp:compute/instance:Instance", "m", inputs)])

_judged(inputs) := verdicts if {
	verdicts := fixture.verdicts(default_accounts.findings) with input as _graph(inputs)
}

test_an_own_account_passes if {
	_judged({"serviceAccount": {"email": fixture.output("urn:a", "email"), "scopes": ["cloud-platform"]}}) == []
	_judged({}) == []
	count(default_accounts.examined) == 1 with input as _graph({})
}

test_the_default_account_fails if {
	_judged({"serviceAccount": {"scopes": ["cloud-platform"]}}) == ["fail"]
	_judged({"serviceAccount": {"email": "1-compute@developer.gserviceaccount.com"}}) == ["fail"]
}

test_unknown_is_undetermined if _judged({"serviceAccount": {"email": fixture.unknown}}) == ["undetermined"]
