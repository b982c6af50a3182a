# METADATA
# title: Blobs are not deleted before their class allows
# description: >-
#   The life-cycle rules of an Azure storage account delete blobs in silence: one figure too small, and data is gone
#   before the quarter is closed. How long data must be kept follows from the account's class and the tier.
# custom:
#   severity: high
#   category: retention
#   fix: Raise the days after which blobs are deleted, or give the account its right class.
#   frameworks: [ISO 27001 A.5.33, NIST 800-53 SI-12]
#   mandatory: true
package sluice.retention.blob_retention

import data.sluice.graph.accounts
import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.retention.zone_retention

_policies := resources.of_type("azure-native:storage:ManagementPolicy") if zone_retention.minimum[context.tier]

else := []

_actions := ["policy", "rules", "*", "definition", "actions", "baseBlob", "delete"]

_ages := ["daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan", "daysAfterLastAccessTimeGreaterThan"]

_deletions := [{"policy": policy, "days": node.value, "path": node.path} |
	some policy in _policies
	some age in _ages
	some node in values.nodes(resources.inputs(policy), array.concat(_actions, [age]))
	node.value != null
]

examined contains policy.urn if some policy in _policies

findings contains verdict.fail(deletion.policy, sprintf("blobs are deleted after %v days, they must be kept for %d", [deletion.days, wanted]), deletion.path) if {
	some deletion in _deletions
	is_number(deletion.days)
	wanted := _wanted(deletion.policy)
	deletion.days < wanted
}

findings contains verdict.undetermined(deletion.policy, "when blobs are deleted is not known before apply", deletion.path) if {
	some deletion in _deletions
	values.open(deletion.days)
}

findings contains verdict.undetermined(deletion.policy, "the class of the data is not known before apply, so neither is how long it must be kept", deletion.path) if {
	some deletion in _deletions
	_class_is_open(deletion.policy)
	not deletion.days >= max([days | some days in zone_retention.minimum[context.tier]])
}

_wanted(policy) := max([days |
	some account in accounts.of(policy)
	days := zone_retention.minimum[context.tier][tags.data_class(resources.by_urn[account])]
])

_class_is_open(policy) if count(accounts.of(policy)) == 0

_class_is_open(policy) if {
	some account in accounts.of(policy)
	values.open(tags.data_class(resources.by_urn[account]))
}
