# METADATA
# description: Kinds of resource types that several rules speak of.
package sluice.graph.kinds

# What holds data that cannot be made again, or the keys and secrets that guard it.
data_bearing := {
	"aws:backup/vault:Vault",
	"aws:cognito/userPool:UserPool",
	"aws:docdb/cluster:Cluster",
	"aws:dynamodb/table:Table",
	"aws:efs/fileSystem:FileSystem",
	"aws:fsx/lustreFileSystem:LustreFileSystem",
	"aws:fsx/ontapFileSystem:OntapFileSystem",
	"aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
	"aws:fsx/windowsFileSystem:WindowsFileSystem",
	"aws:kms/key:Key",
	"aws:kms/replicaKey:ReplicaKey",
	"aws:msk/cluster:Cluster",
	"aws:neptune/cluster:Cluster",
	"aws:opensearch/domain:Domain",
	"aws:rds/cluster:Cluster",
	"aws:rds/globalCluster:GlobalCluster",
	"aws:rds/instance:Instance",
	"aws:redshift/cluster:Cluster",
	"aws:redshiftserverless/namespace:Namespace",
	"aws:s3/bucket:Bucket",
	"aws:s3tables/tableBucket:TableBucket",
	"aws:secretsmanager/secret:Secret",
	"azure-native:cosmosdb:DatabaseAccount",
	"azure-native:dataprotection:BackupVault",
	"azure-native:dbformysql:Server",
	"azure-native:dbforpostgresql:Server",
	"azure-native:keyvault:Vault",
	"azure-native:kusto:Cluster",
	"azure-native:recoveryservices:Vault",
	"azure-native:sql:Database",
	"azure-native:sql:Server",
	"azure-native:storage:StorageAccount",
	"azure-native:synapse:SqlPool",
	"azure-native:synapse:Workspace",
	"gcp:alloydb/cluster:Cluster",
	"gcp:bigquery/dataset:Dataset",
	"gcp:bigquery/table:Table",
	"gcp:bigtable/instance:Instance",
	"gcp:filestore/instance:Instance",
	"gcp:firestore/database:Database",
	"gcp:kms/cryptoKey:CryptoKey",
	"gcp:secretmanager/secret:Secret",
	"gcp:spanner/database:Database",
	"gcp:spanner/instance:Instance",
	"gcp:sql/databaseInstance:DatabaseInstance",
	"gcp:storage/bucket:Bucket",
}

# Types whose clients can reach them over the internet unless told otherwise hold addresses of this sort.
world(cidr) if cidr in {"0.0.0.0/0", "::/0", "0::/0", "0:0:0:0:0:0:0:0/0", "*", "internet", "any", "0.0.0.0"}

# A range so wide that it is the world by another name.
world(cidr) if regex.match(`/[0-7]$`, cidr)
