# METADATA
# title: No setting destroys data along with a resource
# description: >-
#   Settings such as forceDestroy delete the contents first, so that the deletion goes through; skipping the last
#   snapshot or the waiting time of a key leaves nothing to go back to. They are for play data only.
# custom:
#   severity: high
#   category: protection
#   fix: Remove the setting in staging and prod.
#   frameworks: [NIST 800-53 CP-9, ISO 27001 A.8.13]
#   mandatory: true
package sluice.protection.destructive_settings

import data.sluice.graph.context
import data.sluice.graph.verdict

_off(path) := {"path": path, "must": "be", "values": [false], "default": false, "say": "data must not go along with the resource"}

_least(path, days, default_value) := {
	"path": path,
	"must": "min",
	"values": [days],
	"default": default_value,
	"say": sprintf("there must be %d days or more to change one's mind", [days]),
}

requirements := {
	"aws:backup/vault:Vault": [_off(["forceDestroy"])],
	"aws:docdb/cluster:Cluster": [_off(["skipFinalSnapshot"])],
	"aws:ecr/repository:Repository": [_off(["forceDelete"])],
	"aws:kms/key:Key": [_least(["deletionWindowInDays"], 14, 30), _off(["bypassPolicyLockoutSafetyCheck"])],
	"aws:neptune/cluster:Cluster": [_off(["skipFinalSnapshot"])],
	"aws:rds/cluster:Cluster": [_off(["skipFinalSnapshot"])],
	"aws:rds/instance:Instance": [_off(["skipFinalSnapshot"])],
	"aws:redshift/cluster:Cluster": [_off(["skipFinalSnapshot"])],
	"aws:s3/bucket:Bucket": [_off(["forceDestroy"])],
	"aws:secretsmanager/secret:Secret": [_least(["recoveryWindowInDays"], 7, 30), _off(["forceOverwriteReplicaSecret"])],
	"azure-native:keyvault:Vault": [
		{
			"path": ["properties", "enablePurgeProtection"],
			"must": "be",
			"values": [true],
			"say": "purge protection must be on",
		},
		{
			"path": ["properties", "enableSoftDelete"],
			"must": "be",
			"values": [true],
			"default": true,
			"say": "deleted keys and secrets must be recoverable",
		},
		_least(["properties", "softDeleteRetentionInDays"], 7, 90),
	],
	"azure-native:storage:BlobServiceProperties": [
		{
			"path": ["deleteRetentionPolicy", "enabled"],
			"must": "be",
			"values": [true],
			"say": "deleted blobs must be recoverable",
		},
		{
			"path": ["containerDeleteRetentionPolicy", "enabled"],
			"must": "be",
			"values": [true],
			"say": "deleted containers must be recoverable",
		},
	],
	"gcp:bigquery/dataset:Dataset": [_off(["deleteContentsOnDestroy"])],
	"gcp:kms/cryptoKey:CryptoKey": [{
		"path": ["destroyScheduledDuration"],
		"must": "not",
		"values": ["86400s", "0s"],
		"say": "a key's destruction must leave more than a day to change one's mind",
	}],
	"gcp:storage/bucket:Bucket": [_off(["forceDestroy"])],
}

_applicable := requirements if context.keeps_data

else := {}

examined := verdict.examined(_applicable)

findings := verdict.findings(_applicable)
