# METADATA
# title: Only data governance creates datasets with personal data
# description: >-
#   Who makes a dataset for personal data answers for its access, its retention and its deletion. That is the
#   principal group `data_governance_team`; everybody else asks it. The same decision is served over OPA's REST API
#   as `data.sluice.provisioning.dataset.allow`.
# custom:
#   severity: high
#   category: data
#   fix: >-
#     Let data governance create the dataset: it is among the `principal_groups` of its own environment (of a foreign
#     program's context file; where there are none, the dataset's label `principal-group` counts).
#   frameworks: [GDPR Art. 5, GDPR Art. 30, ISO 27001 A.5.34]
#   mandatory: true
package sluice.data_governance.dataset_owners

import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.provisioning.dataset

_datasets := resources.of_type("gcp:bigquery/dataset:Dataset")

examined contains resource.urn if some resource in _datasets

findings contains verdict.fail(resource, concat("; ", sort(decision.reasons)), ["labels"]) if {
	some resource in _datasets
	not _open(resource)
	decision := _decision(resource)
	not decision.allow
}

findings contains verdict.undetermined(resource, "whether the dataset holds personal data, or who creates it, is not known before apply", ["labels"]) if {
	some resource in _datasets
	_open(resource)
}

# Whatever the open label turns out to be, the known ones may decide: then nothing is open.
_open(resource) if {
	tags.unknown(resource)
}

_open(resource) if {
	not _named
	values.open(tags.get(resource, "principal-group"))
}

_open(resource) if {
	some label in dataset.labels
	values.open(tags.get(resource, label))
}

_decision(resource) := {"allow": allow, "reasons": reasons} if {
	request := {
		"principal": {"groups": _groups(resource)},
		"dataset": {"labels": tags.of(resource)},
	}
	allow := dataset.allow with input as request
	reasons := dataset.reasons with input as request
}

# Who runs the program is for the environment to say. Only where it does not, a dataset's label is believed.
_named if is_array(input.context.principal_groups)

_groups(_) := input.context.principal_groups if _named

_groups(resource) := [group |
	group := tags.get(resource, "principal-group")
	is_string(group)
] if {
	not _named
}
