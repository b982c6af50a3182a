package sluice.iam.wide_roles_test

import data.sluice.graph.fixture
import data.sluice.iam.wide_roles

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(wide_roles.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_attached(arn) := _judged("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn": arn})

_owner := "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

_azure(role, scope) := _judged("azure-native:authorization:RoleAssignment", {"roleDefinitionId": role, "scope": scope})

test_narrow_roles_pass if {
	_attached("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole") == []
	_attached(fixture.output("urn:own", "arn")) == []
	_judged("gcp:projects/iAMMember:IAMMember", {"role": "roles/composer.worker"}) == []
	_judged("gcp:storage/bucketIAMMember:BucketIAMMember", {"role": "roles/storage.admin"}) == []
	_azure(_owner, "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a") == []
}

test_administrators_fail if {
	_attached("arn:aws:iam::aws:policy/AdministratorAccess") == ["fail"]
	_attached("arn:aws:iam::aws:policy/AmazonS3FullAccess") == ["fail"]
	_judged("aws:iam/role:Role", {"managedPolicyArns": ["arn:aws-cn:iam::aws:policy/PowerUserAccess"]}) == ["fail"]
	_judged("gcp:projects/iAMMember:IAMMember", {"role": "roles/editor"}) == ["fail"]
	_judged("gcp:projects/iAMBinding:IAMBinding", {"role": "roles/iam.serviceAccountTokenCreator"}) == ["fail"]
	_azure(_owner, "/subscriptions/s") == ["fail"]
	_azure(_owner, fixture.output("call:azure-native:authorization:getClientConfig", "subscriptionId")) == ["fail"]
}

test_group_of_resources_is_wide if {
	group := fixture.resource("azure-native:resources:ResourceGroup", "g", {})
	inputs := {"roleDefinitionId": _owner, "scope": fixture.output(group.urn, "id")}
	graph := fixture.graph("dev", [group, fixture.resource("azure-native:authorization:RoleAssignment", "a", inputs)])
	fixture.verdicts(wide_roles.findings) == ["fail"] with input as graph
	count(wide_roles.examined) == 1 with input as graph
}

test_unknowns_are_undetermined if {
	_attached(fixture.unknown) == ["undetermined"]
	_attached(fixture.output("call:aws:iam/getPolicy:getPolicy", "arn")) == ["undetermined"]
	_judged("gcp:projects/iAMMember:IAMMember", {"role": fixture.unknown}) == ["undetermined"]
	_azure(fixture.unknown, "/subscriptions/s") == ["undetermined"]
	_azure(_owner, fixture.unknown) == ["undetermined"]
}

test_policies_that_are_only_read_are_undetermined if {
	read := object.union(fixture.resource("aws:iam/policy:Policy", "p", {}), {"kind": "read"})
	attachment := fixture.resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", {"policyArn": fixture.output(read.urn, "arn")})
	fixture.verdicts(wide_roles.findings) == ["undetermined"] with input as fixture.graph("dev", [read, attachment])
}
