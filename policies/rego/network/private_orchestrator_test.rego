package sluice.network.private_orchestrator_test

import data.sluice.graph.fixture
import data.sluice.network.private_orchestrator

_judged(value) := verdicts if {
	verdicts := fixture.verdicts(private_orchestrator.findings) with input as _graph(value)
}

_graph(value) := fixture.graph("dev", [fixture.resource("aws:mwaa/environment:Environment", "r", {"webserverAccessMode": value})])

test_private_passes if {
	_judged("PRIVATE_ONLY") == []
	count(private_orchestrator.examined) == 1 with input as _graph("PRIVATE_ONLY")
}

test_public_fails if _judged("PUBLIC_ONLY") == ["fail"]

test_unknown_is_undetermined if _judged(fixture.unknown) == ["undetermined"]
