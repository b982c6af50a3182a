package sluice.iam.vault_roles_test

import data.sluice.graph.fixture
import data.sluice.iam.vault_roles

_graph(properties) := fixture.graph("dev", [fixture.resource("azure-native:keyvault:Vault", "v", {"properties": properties})])

_judged(properties) := verdicts if {
	verdicts := fixture.verdicts(vault_roles.findings) with input as _graph(properties)
}

test_roles_pass if {
	_judged({"enableRbacAuthorization": true}) == []
	count(vault_roles.examined) == 1 with input as _graph({})
}

test_access_policies_fail if {
	_judged({"enableRbacAuthorization": false}) == ["fail"]
	_judged({}) == ["fail"]
}

test_unknown_is_undetermined if _judged({"enableRbacAuthorization": fixture.unknown}) == ["undetermined"]
