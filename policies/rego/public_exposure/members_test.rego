package sluice.public_exposure.members_test

import data.sluice.graph.fixture
import data.sluice.public_exposure.members

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(members.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_member := "gcp:storage/bucketIAMMember:BucketIAMMember"

_dataset := "gcp:bigquery/dataset:Dataset"

test_service_account_passes if {
	_judged(_member, {"member": "serviceAccount:a@b.iam.gserviceaccount.com"}) == []
	_judged(_member, {"member": "serviceAccount:${urn:pulumi:a::b::c::d#email}"}) == []
}

test_everybody_fails if {
	_judged(_member, {"member": "allUsers"}) == ["fail"]
	_judged("gcp:pubsub/topicIAMBinding:TopicIAMBinding", {"members": ["user:a@b", "allAuthenticatedUsers"]}) == ["fail"]
	_judged("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", {"policyData": "{\"bindings\":[{\"members\":[\"allUsers\"]}]}"}) == ["fail"]
	_judged(_dataset, {"accesses": [{"specialGroup": "allAuthenticatedUsers"}]}) == ["fail"]
	_judged("gcp:bigquery/datasetAccess:DatasetAccess", {"iamMember": "allUsers"}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_judged(_member, {"member": fixture.unknown}) == ["undetermined"]
	_judged("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", {"policyData": fixture.unknown}) == ["undetermined"]
	_judged(_dataset, {"accesses": fixture.unknown}) == ["undetermined"]
}

test_grants_and_datasets_are_looked_at if {
	graph := fixture.graph("dev", [fixture.resource(_dataset, "d", {}), fixture.resource(_member, "m", {})])
	count(members.examined) == 2 with input as graph
}
