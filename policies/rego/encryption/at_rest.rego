# METADATA
# title: Data is encrypted at rest
# description: >-
#   Whoever gets hold of a disk, a snapshot or a replica reads what is on it unless it is encrypted. GCP and
#   most of Azure always encrypt; on AWS several services do it only when asked, and most cannot be changed
#   afterwards without making the resource anew.
# custom:
#   severity: high
#   category: encryption
#   fix: Switch the service's encryption at rest on, with a customer-managed key where the data asks for one.
#   frameworks: [CIS AWS 3.0 2.2.1, CIS AWS 3.0 2.3.1, CIS AWS 3.0 2.4.1, NIST 800-53 SC-28, ISO 27001 A.8.24]
#   mandatory: true
package sluice.encryption.at_rest

import data.sluice.graph.verdict

_on(path, say) := {"path": path, "must": "be", "values": [true], "say": say}

_set(path, say) := {"path": path, "must": "set", "say": say}

# A copy has the encryption of what it is copied from.
_original(path) := {"path": [path], "must": "unset"}

requirements := {
	"aws:athena/workgroup:Workgroup": [_set(
		["configuration", "resultConfiguration", "encryptionConfiguration", "encryptionOption"],
		"query results must be encrypted",
	)],
	"aws:dax/cluster:Cluster": [_on(["serverSideEncryption", "enabled"], "the cache must be encrypted")],
	"aws:docdb/cluster:Cluster": [_on(["storageEncrypted"], "the storage must be encrypted")],
	"aws:ebs/snapshotCopy:SnapshotCopy": [_on(["encrypted"], "the copied snapshot must be encrypted")],
	"aws:ebs/volume:Volume": [_on(["encrypted"], "the volume must be encrypted")],
	"aws:ec2/instance:Instance": [
		_on(["rootBlockDevice", "encrypted"], "the root volume must be encrypted"),
		_on(["ebsBlockDevices", "*", "encrypted"], "the volume must be encrypted"),
	],
	"aws:ec2/launchTemplate:LaunchTemplate": [_on(
		["blockDeviceMappings", "*", "ebs", "encrypted"],
		"volumes of the launch template must be encrypted",
	)],
	"aws:efs/fileSystem:FileSystem": [_on(["encrypted"], "the file system must be encrypted")],
	"aws:elasticache/replicationGroup:ReplicationGroup": [_on(
		["atRestEncryptionEnabled"],
		"the cache must be encrypted at rest",
	)],
	"aws:emr/cluster:Cluster": [_set(
		["securityConfiguration"],
		"a security configuration must encrypt the cluster's disks and traffic",
	)],
	"aws:glue/job:Job": [_set(["securityConfiguration"], "a security configuration must encrypt what the job writes")],
	"aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": [object.union(
		_on(["serverSideEncryption", "enabled"], "the delivery stream must be encrypted"),
		{"when": [{"path": ["kinesisSourceConfiguration"], "must": "unset"}]},
	)],
	"aws:kinesis/stream:Stream": [{
		"path": ["encryptionType"],
		"must": "be",
		"values": ["kms"],
		"say": "the stream must be encrypted with KMS",
	}],
	"aws:neptune/cluster:Cluster": [_on(["storageEncrypted"], "the storage must be encrypted")],
	"aws:opensearch/domain:Domain": [_on(["encryptAtRest", "enabled"], "the domain must be encrypted at rest")],
	"aws:rds/cluster:Cluster": [object.union(
		_on(["storageEncrypted"], "the database's storage must be encrypted"),
		{"when": [
			_original("replicationSourceIdentifier"),
			_original("snapshotIdentifier"),
			{"path": ["engineMode"], "must": "not", "values": ["serverless"]},
		]},
	)],
	"aws:rds/instance:Instance": [object.union(
		_on(["storageEncrypted"], "the database's storage must be encrypted"),
		{"when": [_original("replicateSourceDb")]},
	)],
	# Provider 7 encrypts unless it is told not to.
	"aws:redshift/cluster:Cluster": [object.union(
		_on(["encrypted"], "the warehouse must be encrypted"),
		{"default": true},
	)],
	"aws:sns/topic:Topic": [_set(["kmsMasterKeyId"], "messages of the topic must be encrypted")],
	# SQS encrypts with its own key unless it is told not to.
	"aws:sqs/queue:Queue": [object.union(
		_on(["sqsManagedSseEnabled"], "messages of the queue must be encrypted"),
		{"default": true, "when": [{"path": ["kmsMasterKeyId"], "must": "unset"}]},
	)],
	"azure-native:kusto:Cluster": [_on(["enableDiskEncryption"], "the cluster's disks must be encrypted")],
	"azure-native:sql:TransparentDataEncryption": [{
		"path": ["state"],
		"must": "be",
		"values": ["enabled"],
		"say": "transparent data encryption must be on",
	}],
}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
