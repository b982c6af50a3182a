package sluice.iam.custom_roles_test

import data.sluice.graph.fixture
import data.sluice.iam.custom_roles

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(custom_roles.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_azure(actions) := _judged("azure-native:authorization:RoleDefinition", {"permissions": [{"actions": actions}]})

_gcp(permissions) := _judged("gcp:projects/iAMCustomRole:IAMCustomRole", {"permissions": permissions})

test_named_permissions_pass if {
	_azure(["Microsoft.Storage/storageAccounts/read", "Microsoft.Storage/storageAccounts/*/read"]) == []
	_gcp(["storage.objects.get"]) == []
	graph := fixture.graph("dev", [fixture.resource("azure-native:authorization:RoleDefinition", "r", {})])
	count(custom_roles.examined) == 1 with input as graph
}

test_wide_permissions_fail if {
	_azure(["*"]) == ["fail"]
	_azure(["Microsoft.Authorization/roleAssignments/write"]) == ["fail"]
	_azure(["Microsoft.Storage/*"]) == ["fail"]
	_gcp(["resourcemanager.projects.setIamPolicy"]) == ["fail"]
	_gcp(["iam.serviceAccounts.actAs"]) == ["fail"]
}

test_unknowns_are_undetermined if {
	_azure(fixture.unknown) == ["undetermined"]
	_gcp([fixture.unknown]) == ["undetermined"]
}
