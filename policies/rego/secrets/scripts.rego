# METADATA
# title: Scripts hold no passwords
# description: >-
#   Start scripts and commands are readable by whoever may describe the machine, and they stay in the state, in logs
#   and in the metadata service.
# custom:
#   severity: critical
#   category: secrets
#   fix: Let the script fetch the credential from the secrets service with the machine's identity.
#   frameworks: [NIST 800-53 IA-5(7), CIS AWS 3.0 5.6]
#   mandatory: true
package sluice.secrets.scripts

import data.sluice.graph.values
import data.sluice.graph.verdict

# Inputs that hold text which a machine runs.
_runs := {"userData", "metadataStartupScript", "startup-script", "customData", "startupScript", "commands", "command", "args"}

# `NAME=value` and `--name value`, where the value is no variable and no command's answer.
_assigned := `(?i)(^|[\s;&"'])(export\s+)?[a-z0-9_]*(password|passwd|pgpassword|secret|token|api_?key)\s*=\s*["']?[a-z0-9!@#%^*_+./-]{6,}`

_passed := `(?i)--?(password|passwd|token|secret|api-?key)[= ]["']?[a-z0-9!@#%^*_+./]{6,}`

_texts := [{"resource": resource, "path": path, "text": value} |
	some resource in input.resources
	object.get(resource, "kind", "custom") in {"custom", "dynamic", "remote"}
	[path, value] := walk(object.get(resource, "inputs", {}))
	is_string(value)
	some step in path
	step in _runs
]

examined contains item.resource.urn if some item in _texts

findings contains verdict.fail(item.resource, "the script holds what looks like a password", item.path) if {
	some item in _texts
	_holds(item.text)
}

_holds(text) if regex.match(_assigned, text)

_holds(text) if regex.match(_passed, text)

findings contains verdict.undetermined(resource, "the script is not known before apply", [name]) if {
	some resource in input.resources
	some name, value in object.get(resource, "inputs", {})
	name in _runs
	values.unknown(value)
}
