package sluice.provisioning.dataset_test

import data.sluice.provisioning.dataset

_request(groups, labels) := {"principal": {"groups": groups}, "dataset": {"labels": labels}}

test_data_governance_may if dataset.allow with input as _request(["data_governance_team"], {"personal-data": "true"})

test_others_may_without_personal_data if dataset.allow with input as _request(["etl"], {"personal-data": "false"})

test_others_may_not if {
	not dataset.allow with input as _request(["etl"], {"personal-data": "true"})
	count(dataset.reasons) == 1 with input as _request(["etl"], {"personal-data": "true"})
}

test_requests_that_say_too_little_are_refused if {
	not dataset.allow with input as {}
	not dataset.allow with input as {"dataset": {"labels": {}}}
	count(dataset.reasons) == 2 with input as {}
}
