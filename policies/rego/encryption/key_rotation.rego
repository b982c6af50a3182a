# METADATA
# title: Keys are rotated
# description: >-
#   A key that never changes protects ever more data, and whoever copied it once reads all of it. Rotation keeps
#   the old versions for decryption and encrypts new data with a new one.
# custom:
#   severity: medium
#   category: encryption
#   fix: Switch rotation on, with a period of at most a year.
#   frameworks: [CIS AWS 3.0 3.6, CIS GCP 3.0 1.10, CIS Azure 3.0 3.3.9, NIST 800-53 SC-12]
#   mandatory: true
package sluice.encryption.key_rotation

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_symmetric := [
	{"path": ["keyUsage"], "must": "be", "values": ["encrypt_decrypt"], "default": "encrypt_decrypt"},
	{
		"path": ["customerMasterKeySpec"],
		"must": "be",
		"values": ["symmetric_default"],
		"default": "symmetric_default",
	},
]

requirements := {
	"aws:kms/key:Key": [
		{
			"path": ["enableKeyRotation"],
			"must": "be",
			"values": [true],
			"when": _symmetric,
			"say": "the key must be rotated",
		},
		{
			"path": ["rotationPeriodInDays"],
			"must": "max",
			"values": [366],
			"default": 365,
			"when": _symmetric,
			"say": "the key must be rotated every year",
		},
	],
	"azure-native:keyvault:Key": [{
		"path": ["properties", "rotationPolicy", "lifetimeActions"],
		"must": "set",
		"say": "a rotation policy must rotate the key",
	}],
}

_crypto_key := "gcp:kms/cryptoKey:CryptoKey"

_purpose(key) := verdict.judge(values.at(resources.inputs(key), ["purpose"]), {
	"must": "be",
	"values": ["encrypt_decrypt"],
	"default": "encrypt_decrypt",
})

_rotated_keys := [key | some key in resources.of_type(_crypto_key); _purpose(key) != "fail"]

_longest := 366 * 86400

examined := verdict.examined(requirements) | {key.urn | some key in _rotated_keys}

findings := verdict.findings(requirements) | _of_gcp

_of_gcp contains verdict.fail(key, "the key must be rotated every year (`rotationPeriod` is missing or longer)", ["rotationPeriod"]) if {
	some key in _rotated_keys
	_purpose(key) == "pass"
	period := values.at(resources.inputs(key), ["rotationPeriod"])
	not values.open(period)
	not _short(period)
}

_of_gcp contains verdict.undetermined(key, "whether the key is rotated is not known before apply", ["rotationPeriod"]) if {
	some key in _rotated_keys
	period := values.at(resources.inputs(key), ["rotationPeriod"])
	not _short(period)
	_uncertain(key, period)
}

_uncertain(_, period) if values.open(period)

_uncertain(key, _) if _purpose(key) == "undetermined"

# Seconds with an `s` behind: `7776000s`.
_short(period) if {
	is_string(period)
	regex.match(`^[0-9]+(\.[0-9]+)?s$`, period)
	to_number(trim_suffix(period, "s")) <= _longest
}
