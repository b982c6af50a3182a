# METADATA
# title: Storage has no users of its own
# description: >-
#   Local users of a storage account have passwords and keys that no directory knows: they stay when a person leaves,
#   and no role assignment shows them.
# custom:
#   severity: high
#   category: iam
#   fix: Switch `isLocalUserEnabled` and `isSftpEnabled` off, and give identities roles on the container.
#   frameworks: [NIST 800-53 AC-2, ISO 27001 A.5.16]
#   mandatory: true
package sluice.iam.local_users

import data.sluice.graph.verdict

_off(name) := {
	"path": [name],
	"must": "be",
	"values": [false],
	"default": false,
	"say": "the account must not have users of its own",
}

requirements := {"azure-native:storage:StorageAccount": [_off("isLocalUserEnabled"), _off("isSftpEnabled")]}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
