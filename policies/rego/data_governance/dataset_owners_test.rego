package sluice.data_governance.dataset_owners_test

import data.sluice.data_governance.dataset_owners
import data.sluice.graph.fixture

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(dataset_owners.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_dataset(labels) := _judged("dev", "gcp:bigquery/dataset:Dataset", {"labels": labels})

test_data_governance_may if {
	_dataset({"personal-data": "true", "principal-group": "data_governance_team"}) == []
	graph := fixture.graph("dev", [fixture.resource("gcp:bigquery/dataset:Dataset", "d", {})])
	count(dataset_owners.examined) == 1 with input as graph
}

test_datasets_without_personal_data_are_for_all if {
	_dataset({"personal-data": "false"}) == []
	_dataset(null) == []
}

test_others_may_not if {
	_dataset({"personal-data": "true"}) == ["fail"]
	_dataset({"data-classification": "restricted", "principal-group": "etl"}) == ["fail"]
	_judged("prod", "gcp:bigquery/dataset:Dataset", {"labels": {"PII": "yes"}}) == ["fail"]
}

_run_by(groups, labels) := verdicts if {
	graph := fixture.graph_in({"principal_groups": groups}, [fixture.resource("gcp:bigquery/dataset:Dataset", "raw", {"labels": labels})])
	verdicts := fixture.verdicts(dataset_owners.findings) with input as graph
}

test_the_environment_says_who_runs_the_program if {
	_run_by(["etl", "data_governance_team"], {"personal-data": "true"}) == []
	_run_by(["etl"], {"personal-data": "true"}) == ["fail"]
	_run_by([], {"personal-data": "false"}) == []
}

test_a_label_is_not_believed_against_the_environment if {
	_run_by(["etl"], {"personal-data": "true", "principal-group": "data_governance_team"}) == ["fail"]
	_run_by(["data_governance_team"], {"personal-data": "true", "principal-group": fixture.unknown}) == []
	_run_by(null, {"personal-data": "true", "principal-group": "data_governance_team"}) == []
}

test_unknowns_are_undetermined if {
	_dataset(fixture.unknown) == ["undetermined"]
	_dataset({"personal-data": fixture.unknown}) == ["undetermined"]
	_dataset({"personal-data": "true", "principal-group": fixture.unknown}) == ["undetermined"]
}
