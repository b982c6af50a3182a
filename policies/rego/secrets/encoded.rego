# METADATA
# title: No credential hides behind an encoding
# description: >-
#   Base64 is no protection: whoever may read a machine's start script or a function's settings decodes it in
#   a second. It only keeps the credential from those who look for it.
# custom:
#   severity: critical
#   category: secrets
#   fix: Let the workload fetch the credential from the secrets service when it runs, and make a new one.
#   frameworks: [NIST 800-53 IA-5(7), CIS AWS 3.0 5.6, ISO 27001 A.8.24]
#   mandatory: true
package sluice.secrets.encoded

import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.secrets.in_clear

_alphabet := `^[A-Za-z0-9+/\s]{24,}={0,2}\s*$`

_encoded := [{"resource": resource, "path": path, "text": base64.decode(value)} |
	some resource in input.resources
	object.get(resource, "kind", "custom") in {"custom", "dynamic", "provider", "remote"}
	[path, value] := walk(object.get(resource, "inputs", {}))
	is_string(value)
	not "$ref" in path
	regex.match(_alphabet, value)
	base64.is_valid(value)
]

examined contains leaf.resource.urn if some leaf in _encoded

findings contains verdict.fail(leaf.resource, "decoded from base64, this holds what looks like a credential", leaf.path) if {
	some leaf in _encoded
	regex.match(in_clear.shapes, leaf.text)
}

findings contains verdict.undetermined(resource, "what is encoded here is not known before apply", [name]) if {
	some resource in input.resources
	some name, value in object.get(resource, "inputs", {})
	endswith(lower(name), "base64")
	values.unknown(value)
}
