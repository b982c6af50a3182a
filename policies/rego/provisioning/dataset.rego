# METADATA
# title: May this principal create this dataset?
# description: |
#   Asked by DAGs before they provision, over OPA's REST API:
#
#       opa run --server --addr 127.0.0.1:8181 --bundle policies/rego
#       curl -s 127.0.0.1:8181/v1/data/sluice/provisioning/dataset -d '{"input": {
#         "principal": {"name": "etl@example.com", "groups": ["data_governance_team"]},
#         "dataset": {"id": "customers", "labels": {"personal-data": "true"}}}}'
#
#   The answer has `allow` (a boolean) and `reasons` (why not; empty where it is allowed). A request that does not
#   say who asks, or what the dataset holds, is refused.
package sluice.provisioning.dataset

# Labels that say whether a dataset holds personal data, and what means that it does not.
labels := {"personal-data", "personal_data", "contains-pii", "pii", "data-classification"}

_negative := {"false", "no", "none", "0", "public", "internal", "confidential"}

group := "data_governance_team"

default allow := false

allow if count(reasons) == 0

reasons contains "the request does not name the dataset's labels" if not _says_labels

reasons contains "the request does not name the principal's groups" if not _says_groups

reasons contains sprintf("only %s may create a dataset with personal data (label %s: %v)", [group, label, value]) if {
	some label, value in input.dataset.labels
	_personal(lower(label), value)
	not _governed
}

# A helper each: `not` of a call whose argument is undefined would not hold.
_says_labels if is_object(input.dataset.labels)

_says_groups if is_array(input.principal.groups)

_personal(label, value) if {
	label in labels
	not lower(sprintf("%v", [value])) in _negative
}

_governed if group in input.principal.groups
