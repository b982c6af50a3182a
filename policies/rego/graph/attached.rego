# METADATA
# description: |
#   What separate resources add to another one: a bucket's versioning, encryption or policy, an account's blob
#   settings. The other one is named by a reference, or by a literal that is its physical name.
package sluice.graph.attached

import data.sluice.graph.resources
import data.sluice.graph.values

_bucket := {"path": ["bucket"], "target": "aws:s3/bucket:Bucket"}

_account := {"path": ["accountName"], "target": "azure-native:storage:StorageAccount"}

# By the type of the separate resource: the input that names the other one, and that one's type.
links := {
	"aws:s3/bucketVersioning:BucketVersioning": _bucket,
	"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket,
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket,
	"aws:s3/bucketPolicy:BucketPolicy": _bucket,
	"aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket,
	"aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _bucket,
	"aws:s3/bucketAcl:BucketAcl": _bucket,
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket,
	"aws:s3/bucketReplicationConfig:BucketReplicationConfig": _bucket,
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration": {
		"path": ["backupVaultName"],
		"target": "aws:backup/vault:Vault",
	},
	"aws:ec2/flowLog:FlowLog": {"path": ["vpcId"], "target": "aws:ec2/vpc:Vpc"},
	"aws:secretsmanager/secretRotation:SecretRotation": {
		"path": ["secretId"],
		"target": "aws:secretsmanager/secret:Secret",
	},
	"azure-native:storage:BlobServiceProperties": _account,
	"azure-native:storage:ManagementPolicy": _account,
	"azure-native:storage:BlobContainer": _account,
	"azure-native:storage:BlobContainerImmutabilityPolicy": _account,
}

# URNs of the separate resources of one type that belong to a resource.
of(urn, type) := [resources.by_urn[found] | some found in object.get(_by_target, [[urn, type]], set())]

# Whether a separate resource of this type exists of which nobody can say to whom it belongs.
may_be(type) if type in _loose

_targets[urn] := found if {
	some type, link in links
	some resource in resources.of_type(type)
	urn := resource.urn
	found := _found(values.at(resources.inputs(resource), link.path), object.get(resources.inputs(resource), link.path, null), link.target)
}

# A reference says it best, even where its literal is known; then a name that fits.
_found(value, given, target) := urns if {
	urns := {urn | some urn in values.sources(given); resources.types[urn] == target}
	count(urns) > 0
} else := object.get(_named, [[target, value]], set()) if values.literal(value)

else := set()

_grouped[[target, resources.types[urn]]] contains urn if {
	some urn, targets in _targets
	some target in targets
}

_by_target := {key: urns | some key, urns in _grouped}

_loose := {resources.types[urn] |
	some urn, targets in _targets
	count(targets) == 0
	type := resources.types[urn]
	not values.literal(values.at(resources.inputs(resources.by_urn[urn]), links[type].path))
}

_names[[link.target, name]] contains resource.urn if {
	some _, link in links
	some resource in resources.of_type(link.target)
	name := values.resolved(resource.physical_name)
	values.literal(name)
}

_named := {key: urns | some key, urns in _names}
