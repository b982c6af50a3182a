# METADATA
# title: Managed services have no public endpoint
# description: >-
#   A database or an API with a public endpoint is one leaked password away from the internet. In this platform
#   everything that holds data is reached over private addresses.
# custom:
#   severity: high
#   category: public-exposure
#   fix: Switch the public endpoint off and reach the service through the network's private endpoint.
#   frameworks: [CIS AWS 3.0 2.3.3, CIS GCP 3.0 6.6, CIS Azure 3.0 4.6, NIST 800-53 SC-7(3)]
#   mandatory: true
package sluice.public_exposure.endpoints

import data.sluice.graph.kinds
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_off(path) := {"path": path, "must": "be", "values": [false], "say": "it must not be reachable from the internet"}

_off_by_default(path) := object.union(_off(path), {"default": false})

_on(path, say) := {"path": path, "must": "be", "values": [true], "say": say}

# Left out, the cloud chooses the unwanted.
_not(path, unwanted, say) := {"path": path, "must": "not", "values": [unwanted], "default": unwanted, "say": say}

# Left out, Azure opens the service to all networks.
_disabled := {
	"path": ["publicNetworkAccess"],
	"must": "be",
	"values": ["disabled", "securedbyperimeter"],
	"say": "public network access must be disabled",
}

_unless_denied := object.union(_disabled, {"when": [{
	"path": ["networkRuleSet", "defaultAction"],
	"must": "not",
	"values": ["deny"],
}]})

requirements := {
	"aws:dms/replicationInstance:ReplicationInstance": [_off(["publiclyAccessible"])],
	"aws:eks/cluster:Cluster": [_off(["vpcConfig", "endpointPublicAccess"])],
	"aws:lambda/functionUrl:FunctionUrl": [_not(["authorizationType"], "none", "callers must be authenticated")],
	"aws:mq/broker:Broker": [_off_by_default(["publiclyAccessible"])],
	"aws:msk/cluster:Cluster": [{
		"path": ["brokerNodeGroupInfo", "connectivityInfo", "publicAccess", "type"],
		"must": "be",
		"values": ["disabled"],
		"default": "disabled",
		"say": "brokers must not be reachable from the internet",
	}],
	"aws:neptune/clusterInstance:ClusterInstance": [_off_by_default(["publiclyAccessible"])],
	"aws:opensearch/domain:Domain": [{
		"path": ["vpcOptions", "subnetIds"],
		"must": "set",
		"say": "the domain must be inside the network",
	}],
	"aws:rds/cluster:Cluster": [_off_by_default(["publiclyAccessible"])],
	"aws:rds/clusterInstance:ClusterInstance": [_off_by_default(["publiclyAccessible"])],
	"aws:rds/instance:Instance": [_off_by_default(["publiclyAccessible"])],
	"aws:redshift/cluster:Cluster": [_off_by_default(["publiclyAccessible"])],
	"aws:redshiftserverless/workgroup:Workgroup": [_off_by_default(["publiclyAccessible"])],
	"aws:sagemaker/notebookInstance:NotebookInstance": [_not(
		["directInternetAccess"],
		"enabled",
		"the notebook must not be on the internet",
	)],
	"azure-native:app:ManagedEnvironment": [object.union(
		_disabled,
		{"when": [{"path": ["vnetConfiguration", "internal"], "must": "not", "values": [true]}]},
	)],
	"azure-native:containerregistry:Registry": [_disabled],
	"azure-native:containerservice:ManagedCluster": [_on(
		["apiServerAccessProfile", "enablePrivateCluster"],
		"the cluster's API must be private",
	)],
	"azure-native:cosmosdb:DatabaseAccount": [_disabled],
	"azure-native:databricks:Workspace": [_disabled],
	"azure-native:datafactory:Factory": [_disabled],
	"azure-native:dbforpostgresql:Server": [object.union(
		_disabled,
		{
			"path": ["network", "publicNetworkAccess"],
			"when": [{"path": ["network", "delegatedSubnetResourceId"], "must": "unset"}],
		},
	)],
	"azure-native:eventgrid:Topic": [_disabled],
	"azure-native:eventhub:Namespace": [_disabled],
	"azure-native:keyvault:Vault": [object.union(
		_disabled,
		{
			"path": ["properties", "publicNetworkAccess"],
			"when": [{"path": ["properties", "networkAcls", "defaultAction"], "must": "not", "values": ["deny"]}],
		},
	)],
	"azure-native:kusto:Cluster": [_disabled],
	"azure-native:machinelearningservices:Workspace": [_disabled],
	"azure-native:redis:Redis": [_disabled],
	"azure-native:servicebus:Namespace": [_disabled],
	"azure-native:sql:Server": [_disabled],
	"azure-native:storage:StorageAccount": [_unless_denied],
	"azure-native:synapse:Workspace": [_disabled],
	"gcp:alloydb/instance:Instance": [_off_by_default(["networkConfig", "enablePublicIp"])],
	"gcp:cloudfunctionsv2/function:Function": [_not(
		["serviceConfig", "ingressSettings"],
		"allow_all",
		"only the network may call the function",
	)],
	"gcp:cloudrunv2/service:Service": [{
		"path": ["ingress"],
		"must": "be",
		"values": ["ingress_traffic_internal_only", "ingress_traffic_internal_load_balancer"],
		"say": "only the network may call the service",
	}],
	"gcp:container/cluster:Cluster": [_on(
		["privateClusterConfig", "enablePrivateNodes"],
		"nodes must have private addresses only",
	)],
	"gcp:sql/databaseInstance:DatabaseInstance": [_off(["settings", "ipConfiguration", "ipv4Enabled"])],
}

examined := verdict.examined(requirements) | _walls

findings := verdict.findings(requirements) | _open_walls

# Where a service has a list of addresses that may come in.
_lists := {
	"aws:eks/cluster:Cluster": ["vpcConfig", "publicAccessCidrs", "*"],
	"gcp:sql/databaseInstance:DatabaseInstance": ["settings", "ipConfiguration", "authorizedNetworks", "*", "value"],
	"gcp:container/cluster:Cluster": ["masterAuthorizedNetworksConfig", "cidrBlocks", "*", "cidrBlock"],
	"azure-native:keyvault:Vault": ["properties", "networkAcls", "ipRules", "*", "value"],
	"azure-native:storage:StorageAccount": ["networkRuleSet", "ipRules", "*", "iPAddressOrRange"],
}

_open_walls contains verdict.fail(resource, sprintf("the whole internet is on the list of addresses (%s)", [node.value]), node.path) if {
	some type, path in _lists
	some resource in resources.of_type(type)
	some node in values.nodes(resources.inputs(resource), path)
	is_string(node.value)
	kinds.world(node.value)
}

# Firewall rules of Azure's databases are ranges from one address to another.
_ranges := {
	"azure-native:sql:FirewallRule",
	"azure-native:synapse:IpFirewallRule",
	"azure-native:dbforpostgresql:FirewallRule",
	"azure-native:dbformysql:FirewallRule",
}

_walls contains resource.urn if some resource in resources.of_types(_ranges)

_open_walls contains verdict.fail(resource, "every address from 0.0.0.0 may connect", ["startIpAddress"]) if {
	some resource in resources.of_types(_ranges)
	values.at(resources.inputs(resource), ["startIpAddress"]) == "0.0.0.0"
}

_open_walls contains verdict.undetermined(resource, "which addresses may connect is not known before apply", ["startIpAddress"]) if {
	some resource in resources.of_types(_ranges)
	values.open(values.at(resources.inputs(resource), ["startIpAddress"]))
}
