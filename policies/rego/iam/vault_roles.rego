# METADATA
# title: Key vaults are opened by roles
# description: >-
#   A vault's own access policies stand beside Azure's roles: nobody sees them in a review of role assignments, they
#   hold for the whole vault, and whoever may write to the vault may add one for himself.
# custom:
#   severity: high
#   category: iam
#   fix: Set `enableRbacAuthorization` and grant data-plane roles such as Key Vault Secrets User.
#   frameworks: [CIS Azure 3.0 3.3.6, NIST 800-53 AC-6]
#   mandatory: true
package sluice.iam.vault_roles

import data.sluice.graph.verdict

requirements := {"azure-native:keyvault:Vault": [
	{
		"path": ["properties", "enableRbacAuthorization"],
		"must": "be",
		"values": [true],
		"say": "roles must decide who opens the vault",
	},
]}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
