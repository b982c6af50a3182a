# METADATA
# title: Spark runs inside the network
# description: >-
#   Spark's nodes read all the data there is, and run code that pipelines bring along. Without a network of their
#   own, or with public addresses, that code can send the data anywhere.
# custom:
#   severity: high
#   category: network
#   fix: >-
#     EMR: name private subnets. Dataproc: internalIpOnly and a subnetwork. Synapse: a managed virtual network and
#     no public network access.
#   frameworks: [NIST 800-53 SC-7, ISO 27001 A.8.22]
#   mandatory: true
package sluice.network.private_spark

import data.sluice.graph.verdict

_set(path, say) := {"path": path, "must": "set", "say": say}

_subnet := "the job must run in a subnet of the network"

requirements := {
	"aws:emr/cluster:Cluster": [
		object.union(
			_set(["ec2Attributes", "subnetId"], "the cluster must be in a subnet of the network"),
			{"when": [{"path": ["ec2Attributes", "subnetIds"], "must": "unset"}]},
		),
	],
	"aws:emrserverless/application:Application": [_set(
		["networkConfiguration", "subnetIds"],
		"the application must be in subnets of the network",
	)],
	"aws:glue/job:Job": [_set(["connections"], "the job must run over a connection in the network")],
	"azure-native:synapse:Workspace": [
		{
			"path": ["managedVirtualNetwork"],
			"must": "be",
			"values": ["default"],
			"say": "Spark pools must be in a managed virtual network",
		},
		{
			"path": ["publicNetworkAccess"],
			"must": "be",
			"values": ["disabled"],
			"say": "the workspace must be reachable from the network only",
		},
		{
			"path": ["managedVirtualNetworkSettings", "preventDataExfiltration"],
			"must": "be",
			"values": [true],
			"say": "data must not leave to foreign tenants",
		},
	],
	"azure-native:databricks:Workspace": [{
		"path": ["parameters", "enableNoPublicIp", "value"],
		"must": "be",
		"values": [true],
		"say": "nodes must have no public address",
	}],
	"gcp:dataproc/batch:Batch": [object.union(
		_set(["environmentConfig", "executionConfig", "subnetworkUri"], _subnet),
		{"when": [{"path": ["environmentConfig", "executionConfig", "networkUri"], "must": "unset"}]},
	)],
	"gcp:dataproc/cluster:Cluster": [
		{
			"path": ["clusterConfig", "gceClusterConfig", "internalIpOnly"],
			"must": "be",
			"values": [true],
			"say": "nodes must have no public address",
		},
		object.union(
			_set(["clusterConfig", "gceClusterConfig", "subnetwork"], "the cluster must be in a subnet of the network"),
			{"when": [{"path": ["clusterConfig", "gceClusterConfig", "network"], "must": "unset"}]},
		),
	],
	"gcp:dataproc/sessionTemplate:SessionTemplate": [_set(
		["environmentConfig", "executionConfig", "subnetworkUri"],
		_subnet,
	)],
}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
