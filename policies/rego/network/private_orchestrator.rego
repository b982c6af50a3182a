# METADATA
# title: The orchestrator is private
# description: >-
#   Who reaches Airflow's web server reaches every connection and can run code with the orchestrator's identity.
#   The web server and the workers have private addresses only.
# custom:
#   severity: high
#   category: network
#   fix: >-
#     MWAA: webserverAccessMode PRIVATE_ONLY. Composer 3: enablePrivateEnvironment. Container Apps: an internal
#     environment in the network.
#   frameworks: [NIST 800-53 SC-7, ISO 27001 A.8.22]
#   mandatory: true
package sluice.network.private_orchestrator

import data.sluice.graph.verdict

requirements := {
	"aws:mwaa/environment:Environment": [{
		"path": ["webserverAccessMode"],
		"must": "be",
		"values": ["private_only"],
		"default": "private_only",
		"say": "the web server must be reachable from the network only",
	}],
	"azure-native:app:ManagedEnvironment": [
		{
			"path": ["vnetConfiguration", "internal"],
			"must": "be",
			"values": [true],
			"say": "the environment must be internal to the network",
		},
		{
			"path": ["vnetConfiguration", "infrastructureSubnetId"],
			"must": "set",
			"say": "the environment must be in a subnet of the network",
		},
	],
	"gcp:composer/environment:Environment": [{
		"path": ["config", "enablePrivateEnvironment"],
		"must": "be",
		"values": [true],
		"when": [{"path": ["config", "privateEnvironmentConfig", "enablePrivateEndpoint"], "must": "not", "values": [true]}],
		"say": "the environment must be private",
	}],
}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
