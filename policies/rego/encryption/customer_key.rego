# METADATA
# title: Data is encrypted with a customer-managed key
# description: >-
#   With a key of one's own, access to data can be cut at one place, its use is logged, and destroying the key
#   destroys every copy. The provider's own keys offer none of this. Asked for in prod (but for public data) and
#   wherever the environment's context says so by tag.
# custom:
#   severity: high
#   category: encryption
#   fix: Name a customer-managed key (AWS KMS, Cloud KMS, Key Vault) in the resource's encryption settings.
#   frameworks: [NIST 800-53 SC-12, NIST 800-53 SC-28(1), ISO 27001 A.8.24, PCI DSS 4.0 3.6]
#   mandatory: true
package sluice.encryption.customer_key

import data.sluice.graph.keys
import data.sluice.graph.verdict

_key(path) := {"path": path, "must": "key", "say": "a customer-managed key must encrypt it"}

requirements := {
	"aws:backup/vault:Vault": [_key(["kmsKeyArn"])],
	"aws:cloudwatch/logGroup:LogGroup": [_key(["kmsKeyId"])],
	"aws:docdb/cluster:Cluster": [_key(["kmsKeyId"])],
	"aws:dynamodb/table:Table": [_key(["serverSideEncryption", "kmsKeyArn"])],
	"aws:ebs/volume:Volume": [_key(["kmsKeyId"])],
	"aws:ecr/repository:Repository": [_key(["encryptionConfigurations", 0, "kmsKey"])],
	"aws:efs/fileSystem:FileSystem": [_key(["kmsKeyId"])],
	"aws:elasticache/replicationGroup:ReplicationGroup": [_key(["kmsKeyId"])],
	"aws:kinesis/stream:Stream": [_key(["kmsKeyId"])],
	"aws:msk/cluster:Cluster": [_key(["encryptionInfo", "encryptionAtRestKmsKeyArn"])],
	"aws:mwaa/environment:Environment": [_key(["kmsKey"])],
	"aws:neptune/cluster:Cluster": [_key(["kmsKeyArn"])],
	"aws:opensearch/domain:Domain": [_key(["encryptAtRest", "kmsKeyId"])],
	"aws:rds/cluster:Cluster": [object.union(
		_key(["kmsKeyId"]),
		{"when": [{"path": ["replicationSourceIdentifier"], "must": "unset"}]},
	)],
	"aws:rds/instance:Instance": [object.union(
		_key(["kmsKeyId"]),
		{"when": [{"path": ["replicateSourceDb"], "must": "unset"}]},
	)],
	"aws:redshift/cluster:Cluster": [_key(["kmsKeyId"])],
	"aws:redshiftserverless/namespace:Namespace": [_key(["kmsKeyId"])],
	"aws:secretsmanager/secret:Secret": [_key(["kmsKeyId"])],
	"aws:sns/topic:Topic": [_key(["kmsMasterKeyId"])],
	"aws:sqs/queue:Queue": [_key(["kmsMasterKeyId"])],
	"aws:ssm/parameter:Parameter": [object.union(
		_key(["keyId"]),
		{"when": [{"path": ["type"], "must": "be", "values": ["securestring"]}]},
	)],
	"azure-native:compute:Disk": [_key(["encryption", "diskEncryptionSetId"])],
	"azure-native:containerregistry:Registry": [_key(["encryption", "keyVaultProperties", "keyIdentifier"])],
	"azure-native:cosmosdb:DatabaseAccount": [_key(["keyVaultKeyUri"])],
	"azure-native:datafactory:Factory": [_key(["encryption", "keyName"])],
	"azure-native:dbforpostgresql:Server": [_key(["dataEncryption", "primaryKeyURI"])],
	"azure-native:kusto:Cluster": [_key(["keyVaultProperties", "keyName"])],
	"azure-native:recoveryservices:Vault": [_key(["properties", "encryption", "keyVaultProperties", "keyUri"])],
	"azure-native:sql:Server": [_key(["keyId"])],
	"azure-native:storage:StorageAccount": [
		_key(["encryption", "keyVaultProperties", "keyName"]),
		{
			"path": ["encryption", "keySource"],
			"must": "be",
			"values": ["microsoft.keyvault"],
			"say": "the key must come from a key vault",
		},
	],
	"azure-native:synapse:Workspace": [_key(["encryption", "cmk", "key", "keyVaultUrl"])],
	"gcp:alloydb/cluster:Cluster": [_key(["encryptionConfig", "kmsKeyName"])],
	"gcp:artifactregistry/repository:Repository": [_key(["kmsKeyName"])],
	"gcp:bigquery/dataset:Dataset": [_key(["defaultEncryptionConfiguration", "kmsKeyName"])],
	"gcp:bigtable/instance:Instance": [_key(["clusters", "*", "kmsKeyName"])],
	"gcp:composer/environment:Environment": [_key(["config", "encryptionConfig", "kmsKeyName"])],
	"gcp:compute/disk:Disk": [_key(["diskEncryptionKey", "kmsKeySelfLink"])],
	"gcp:dataproc/batch:Batch": [_key(["environmentConfig", "executionConfig", "kmsKey"])],
	"gcp:dataproc/cluster:Cluster": [_key(["clusterConfig", "encryptionConfig", "kmsKeyName"])],
	"gcp:filestore/instance:Instance": [_key(["kmsKeyName"])],
	"gcp:pubsub/topic:Topic": [_key(["kmsKeyName"])],
	"gcp:redis/instance:Instance": [_key(["customerManagedKey"])],
	"gcp:secretmanager/secret:Secret": [
		object.union(
			_key(["replication", "auto", "customerManagedEncryption", "kmsKeyName"]),
			{"when": [{"path": ["replication", "userManaged"], "must": "unset"}]},
		),
		_key(["replication", "userManaged", "replicas", "*", "customerManagedEncryption", "kmsKeyName"]),
	],
	"gcp:spanner/database:Database": [_key(["encryptionConfig", "kmsKeyName"])],
	"gcp:sql/databaseInstance:DatabaseInstance": [_key(["encryptionKeyName"])],
	"gcp:storage/bucket:Bucket": [_key(["encryption", "defaultKmsKeyName"])],
}

examined contains resource.urn if {
	some type, _ in requirements
	some resource in keys.concerned(type)
}

findings contains finding if {
	some type, wanted in requirements
	some resource in keys.concerned(type)
	some requirement in wanted
	some found in verdict.on(resource, requirement)
	finding := _weighed(found, keys.needed(resource))
}

_weighed(found, "yes") := found

_weighed(found, "unknown") := object.union(found, {
	"verdict": "undetermined",
	"message": sprintf("whether its data asks for a key is not known before apply: %s", [found.message]),
})
