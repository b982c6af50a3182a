# METADATA
# title: Machines do not run as the project's default account
# description: >-
#   Without an account of its own a machine on GCP runs as the default one, which is an editor of the whole project
#   unless somebody took that away.
# custom:
#   severity: high
#   category: iam
#   fix: Give the machine a service account of its own with the roles that it needs.
#   frameworks: [CIS GCP 3.0 4.1, CIS GCP 3.0 4.2, NIST 800-53 AC-6]
#   mandatory: true
package sluice.iam.default_accounts

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_machines := resources.of_types({
	"gcp:compute/instance:Instance",
	"gcp:compute/instanceTemplate:InstanceTemplate",
})

examined contains machine.urn if some machine in _machines

# A machine without a `serviceAccount` at all has none and may do nothing.
findings contains verdict.fail(machine, "the machine runs as the project's default account", ["serviceAccount", "email"]) if {
	some machine in _machines
	account := values.at(resources.inputs(machine), ["serviceAccount"])
	is_object(account)
	not values.open(account)
	_default(values.at(resources.inputs(machine), ["serviceAccount", "email"]))
}

findings contains verdict.undetermined(machine, "which account the machine runs as is not known before apply", ["serviceAccount"]) if {
	some machine in _machines
	values.unknown(values.at(resources.inputs(machine), ["serviceAccount", "email"]))
}

_default(email) if email == null

_default(email) if {
	is_string(email)
	endswith(email, "-compute@developer.gserviceaccount.com")
}
