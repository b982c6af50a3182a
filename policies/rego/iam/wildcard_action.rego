# METADATA
# title: No policy allows every action
# description: >-
#   `*` and `service:*` allow whatever the service learns to do tomorrow, deletion and changes of permissions
#   included. Nobody can review what they allow.
# custom:
#   severity: high
#   category: iam
#   fix: Name the actions that the workload uses; wildcards after a verb, such as `s3:Get*`, are accepted on named resources.
#   frameworks: [CIS AWS 3.0 1.16, NIST 800-53 AC-6, ISO 27001 A.8.2]
#   mandatory: true
package sluice.iam.wildcard_action

import data.sluice.graph.grants
import data.sluice.graph.verdict

examined := grants.examined

findings contains verdict.fail(grant.resource, sprintf("%s is allowed", [action]), grant.path) if {
	some grant in grants.allowing
	some action in grant.statement.actions
	grants.wide_action(action)
}

findings contains verdict.undetermined(grant.resource, "an allowed action is not known before apply", grant.path) if {
	some grant in grants.allowing
	some action in grant.statement.actions
	grants.open_action(action)
}

findings contains verdict.undetermined(document.resource, "the policy is not known before apply", document.path) if {
	some document in grants.unreadable
}
