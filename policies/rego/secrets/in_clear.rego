# METADATA
# title: No secret stands in clear
# description: >-
#   A password in a program is in its history, in the state and in every log of a preview. Secrets come from the
#   secrets service or from encrypted configuration and stay marked as secret on their way.
# custom:
#   severity: critical
#   category: secrets
#   fix: Keep the value in the secrets service (or `pulumi config set --secret`) and pass it as a secret output.
#   frameworks: [CIS AWS 3.0 1.13, NIST 800-53 IA-5(7), OWASP A07, ISO 27001 A.8.24]
#   mandatory: true
package sluice.secrets.in_clear

import data.sluice.graph.values
import data.sluice.graph.verdict

_concerned := [resource |
	some resource in input.resources
	object.get(resource, "kind", "custom") in {"custom", "dynamic", "provider", "remote"}
]

examined contains resource.urn if some resource in _concerned

# Shapes of well-known credentials: nothing else looks like them.
shapes := concat("|", [
	`(^|[^A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}([^A-Z0-9]|$)`, # AWS access keys
	`-----BEGIN [A-Z ]*PRIVATE KEY`,
	`(^|[^a-zA-Z0-9])gh[pousr]_[A-Za-z0-9]{36}`, # GitHub
	`(^|[^a-zA-Z0-9])github_pat_[A-Za-z0-9_]{40}`,
	`(^|[^a-zA-Z0-9])glpat-[A-Za-z0-9_-]{20}`, # GitLab
	`(^|[^a-zA-Z0-9])xox[abprs]-[A-Za-z0-9-]{10}`, # Slack
	`hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/`,
	`(^|[^a-zA-Z0-9])AIza[A-Za-z0-9_-]{35}`, # Google
	`(^|[^a-zA-Z0-9])ya29\.[A-Za-z0-9_-]{20}`,
	`(^|[^a-zA-Z0-9])sk_live_[A-Za-z0-9]{16}`, # Stripe
	`(^|[^a-zA-Z0-9])pul-[a-f0-9]{40}`, # Pulumi
	`(^|[^a-zA-Z0-9])npm_[A-Za-z0-9]{36}`,
	`(^|[^a-zA-Z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, # SendGrid
	`(^|[^a-zA-Z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.`, # JSON web tokens
	`AccountKey=[A-Za-z0-9+/=]{40}`, # Azure storage
	`SharedAccessKey=[A-Za-z0-9+/=]{20}`,
	`(^|[^a-zA-Z0-9])[A-Za-z0-9~._-]{3}8Q~[A-Za-z0-9~._-]{31}`, # Entra client secrets
	`([?&]|\\u0026)sig=[A-Za-z0-9%+/]{30}`, # Azure SAS
	`://[^/\s:@$]+:[^/\s:@${]{3,}@[^\s]`, # user and password in a URL
])

# Names of inputs, keys and variables that hold secrets.
_names := `(?i)(^|[^a-z])(pass(word|wd|phrase)?|pwd|secret|token|credentials?)$|(password|passwd|passphrase|secret_?(key|value|string)|secret[_.]?access[_.]?key|api_?key|access_?token|auth_?token|private_?key|client_?secret|connection_?string|shared_?key|account_?key|master_?key|encryption_?key_?(raw|base64)?|webhook_?url|fernet_?key|sas_?token|bearer)$`

# Names that end so, but hold a name, a place or a setting.
_innocent := `(?i)(arn|id|ids|name|names|uri|url|version|path|type|policy|days|length|ref|enabled|kms_?key|public_?key|key_?vault|file|prefix|suffix|expiry|ttl|algorithm|size|format|count|rotation|manager|mode|source|provider|scope|store)$`

_camel(name) := lower(regex.replace(name, `([a-z0-9])([A-Z])`, "${1}_$2"))

findings contains verdict.fail(resource, "this looks like a credential", leaf.path) if {
	some leaf in _texts
	resource := leaf.resource
	leaf.resource.urn in _shaped
	regex.match(shapes, leaf.value)
}

findings contains verdict.fail(resource, sprintf("`%s` holds a literal", [leaf.name]), leaf.path) if {
	some leaf in _texts
	resource := leaf.resource
	_holds_secret(leaf.name)
	_looks_like_a_value(leaf.value)
}

# A password that is not known before apply may be a literal in the end.
findings contains verdict.undetermined(resource, sprintf("whether `%s` holds a literal is not known before apply", [name]), path) if {
	some resource in _concerned
	contains(_as_text[resource.urn], `"$unknown"`)
	[path, value] := walk(object.get(resource, "inputs", {}))
	values.unknown(value)
	name := _last_name(path)
	_holds_secret(name)
}

# Name and value side by side, as containers and databases take variables.
findings contains verdict.fail(resource, sprintf("`%s` holds a literal", [leaf.value]), array.concat(around, [holder])) if {
	some leaf in _texts
	leaf.name in {"name", "key", "Name", "parameterKey"}
	_holds_secret(leaf.value)
	resource := leaf.resource
	around := array.slice(leaf.path, 0, count(leaf.path) - 1)
	some holder in ["value", "Value", "parameterValue"]
	value := object.get(resource.inputs, array.concat(around, [holder]), null)
	is_string(value)
	_looks_like_a_value(value)
}

# JSON inside a text, such as container definitions and the value of a secret.
findings contains verdict.fail(resource, sprintf("`%s` in the JSON text holds a literal", [name]), leaf.path) if {
	some leaf in _texts
	resource := leaf.resource
	regex.match(`^\s*[\[{]`, leaf.value)
	json.is_valid(leaf.value)
	[path, value] := walk(json.unmarshal(leaf.value))
	is_string(value)
	_looks_like_a_value(value)
	name := _name_in_json(path, json.unmarshal(leaf.value))
	_holds_secret(name)
}

# The value of a secret, written in the program.
_secret_values := {
	"aws:secretsmanager/secretVersion:SecretVersion": ["secretString", "secretBinary"],
	"azure-native:keyvault:Secret": ["properties", "value"],
	"gcp:secretmanager/secretVersion:SecretVersion": ["secretData"],
}

findings contains verdict.fail(resource, "the secret's value is written in the program", [leaf.name]) if {
	some leaf in _texts
	resource := leaf.resource
	names := _secret_values[resource.type]
	leaf.name in names
	leaf.value != ""
	not values.open(leaf.value)
}

# A secure parameter is a secret too.
findings contains verdict.fail(resource, "the parameter's value is written in the program", ["value"]) if {
	some resource in _concerned
	resource.type == "aws:ssm/parameter:Parameter"
	values.at(resource.inputs, ["type"]) == "SecureString"
	value := values.at(resource.inputs, ["value"])
	is_string(value)
	not values.open(value)
	_looks_like_a_value(value)
}

# The program took a secret out of its wrapping: the state holds it in clear.
findings contains verdict.fail(resource, _passed_in_clear(value["$secret"]), path) if {
	some resource in _concerned
	contains(_as_text[resource.urn], `"in_clear":true`)
	[path, value] := walk(object.get(resource, "inputs", {}))
	value["$secret"].in_clear == true
	not "$secret" in path
}

_passed_in_clear(mark) := "a secret of the configuration is passed in clear: the state will hold it" if mark.key

else := "a text that is marked as a secret elsewhere is passed in clear: the state will hold it"

# Marked as a secret, by the program or by its SDK, and written in the program all the same.
findings contains verdict.fail(leaf.resource, sprintf("`%s` is written in the program: marking it as a secret hides it from logs, not from the code", [leaf.name]), leaf.path) if {
	some leaf in _written
	_is_secret_value(leaf.resource, leaf.name)
}

findings contains verdict.fail(leaf.resource, sprintf("`%s` in it is written in the program: marking it as a secret hides it from logs, not from the code", [key]), leaf.path) if {
	some leaf in _written
	some key in leaf.literals
	_holds_secret(key)
}

_written := [leaf |
	some resource in _concerned
	contains(_as_text[resource.urn], `"$secret"`)
	[path, value] := walk(object.get(resource, "inputs", {}))
	mark := value["$secret"]
	not mark.in_clear
	not "$secret" in path
	leaf := {
		"resource": resource,
		"path": path,
		"name": _written_as_a_whole(mark, path),
		"literals": object.get(mark, "literals", []),
	}
]

# An object is named by what it holds.
_written_as_a_whole(mark, path) := _last_name(path) if {
	mark.origin == "literal"
	not mark.literals
} else := ""

_is_secret_value(_, name) if _holds_secret(name)

_is_secret_value(resource, name) if name in _secret_values[resource.type]

_is_secret_value(resource, name) if {
	name == "value"
	resource.type == "aws:ssm/parameter:Parameter"
	values.at(resource.inputs, ["type"]) == "SecureString"
}

# One look at a whole resource spares many looks at its parts.
_as_text := {resource.urn: json.marshal(object.get(resource, "inputs", {})) | some resource in _concerned}

_shaped := {urn | some urn, text in _as_text; regex.match(shapes, text)}

_texts := [leaf |
	some resource in _concerned
	[path, value] := walk(object.get(resource, "inputs", {}))
	is_string(value)
	count(value) > 2
	not _marked(path)
	leaf := {"resource": resource, "path": path, "name": _last_name(path), "value": value}
]

_marked(path) if {
	some mark in ["$ref", "$unknown", "$secret", "$asset", "$archive"]
	mark in path
	not _asset_text(path)
}

# The text of an asset is content of the program.
_asset_text(path) if path[count(path) - 1] == "text"

_last_name(path) := names[count(names) - 1] if {
	names := [step | some step in path; is_string(step)]
}

_holds_secret(name) if {
	simple := _camel(name)
	regex.match(_names, simple)
	not regex.match(_innocent, simple)
}

# Not a switch, a number, a reference to where the secret is, or a placeholder of a template language.
_looks_like_a_value(value) if {
	count(value) > 3
	not values.open(value)
	not regex.match(`(?i)^(true|false|none|null|disabled|enabled|required|optional|auto|default|changeme-at-runtime|[0-9]+|arn:.*|projects/.*|/.*|https?://[^@]*|alias/.*|\{\{.*\}\}|@microsoft\.keyvault\(.*\)|secretref:.*|\$\{[^}]*\}|\$\([^)]*\))$`, value)
}

_name_in_json(path, document) := name if {
	last := path[count(path) - 1]
	last == "value"
	around := object.get({"document": document}, array.concat(["document"], array.slice(path, 0, count(path) - 1)), {})
	name := object.get(around, "name", "")
	is_string(name)
} else := _last_name(path)
