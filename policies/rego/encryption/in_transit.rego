# METADATA
# title: Data is encrypted in transit
# description: >-
#   Traffic in clear can be read and changed by whoever sits on the way, inside a cloud's network too. Services
#   that accept unencrypted or outdated connections must refuse them.
# custom:
#   severity: high
#   category: encryption
#   fix: Require TLS 1.2 or newer and switch plain-text listeners off.
#   frameworks: [CIS AWS 3.0 2.1.1, CIS GCP 3.0 6.4, CIS Azure 3.0 4.1, NIST 800-53 SC-8, PCI DSS 4.0 4.2]
#   mandatory: true
package sluice.encryption.in_transit

import data.sluice.graph.verdict

_on(path, say) := {"path": path, "must": "be", "values": [true], "say": say}

_off(path, say) := {"path": path, "must": "be", "values": [false], "default": false, "say": say}

_one_of(path, wanted, say) := {"path": path, "must": "be", "values": wanted, "say": say}

# Left out, the cloud asks for it by itself.
_by_default(requirement, default_value) := object.union(requirement, {"default": default_value})

_tls(path, wanted) := _one_of(path, wanted, "only TLS 1.2 or newer may be accepted")

requirements := {
	"aws:cloudfront/distribution:Distribution": [
		_one_of(["defaultCacheBehavior", "viewerProtocolPolicy"], ["https-only", "redirect-to-https"], "viewers must use HTTPS"),
		_one_of(
			["orderedCacheBehaviors", "*", "viewerProtocolPolicy"],
			["https-only", "redirect-to-https"],
			"viewers must use HTTPS",
		),
	],
	"aws:elasticache/replicationGroup:ReplicationGroup": [_on(["transitEncryptionEnabled"], "clients must use TLS")],
	"aws:emr/cluster:Cluster": [{
		"path": ["securityConfiguration"],
		"must": "set",
		"say": "a security configuration must encrypt traffic between the nodes",
	}],
	"aws:lb/listener:Listener": [object.union(
		{
			"path": ["protocol"],
			"must": "be",
			"values": ["https", "tls"],
			"say": "the listener must use HTTPS or TLS, or redirect to it",
		},
		{"when": [{"path": ["defaultActions", 0, "type"], "must": "not", "values": ["redirect"]}]},
	)],
	"aws:msk/cluster:Cluster": [
		_by_default(
			_one_of(["encryptionInfo", "encryptionInTransit", "clientBroker"], ["tls"], "clients must use TLS"),
			"tls",
		),
		_by_default(_on(["encryptionInfo", "encryptionInTransit", "inCluster"], "brokers must use TLS"), true),
	],
	"aws:opensearch/domain:Domain": [
		_on(["nodeToNodeEncryption", "enabled"], "traffic between nodes must be encrypted"),
		_on(["domainEndpointOptions", "enforceHttps"], "clients must use HTTPS"),
	],
	"aws:transfer/server:Server": [{
		"path": ["protocols", "*"],
		"must": "not",
		"values": ["ftp"],
		"say": "files must not travel over plain FTP",
	}],
	"azure-native:app:ContainerApp": [_off(
		["configuration", "ingress", "allowInsecure"],
		"plain HTTP must be redirected",
	)],
	"azure-native:cosmosdb:DatabaseAccount": [_by_default(_tls(["minimalTlsVersion"], ["tls12"]), "tls12")],
	"azure-native:eventgrid:Topic": [_by_default(_tls(["minimumTlsVersionAllowed"], [1.2, 1.3]), 1.2)],
	"azure-native:eventhub:Namespace": [_by_default(_tls(["minimumTlsVersion"], [1.2, 1.3]), 1.2)],
	"azure-native:redis:Redis": [
		_off(["enableNonSslPort"], "the port without TLS must be closed"),
		_tls(["minimumTlsVersion"], [1.2, 1.3]),
	],
	"azure-native:servicebus:Namespace": [_by_default(_tls(["minimumTlsVersion"], [1.2, 1.3]), 1.2)],
	"azure-native:sql:Server": [_tls(["minimalTlsVersion"], [1.2, 1.3])],
	"azure-native:storage:StorageAccount": [
		# On by default since 2019-04-01, the oldest API that the SDK speaks.
		_by_default(_on(["enableHttpsTrafficOnly"], "only HTTPS may be accepted"), true),
		_tls(["minimumTlsVersion"], ["tls1_2", "tls1_3"]),
	],
	"azure-native:web:WebApp": [_on(["httpsOnly"], "only HTTPS may be accepted")],
	"gcp:redis/instance:Instance": [_one_of(
		["transitEncryptionMode"],
		["server_authentication"],
		"clients must use TLS",
	)],
	"gcp:sql/databaseInstance:DatabaseInstance": [_one_of(
		["settings", "ipConfiguration", "sslMode"],
		["encrypted_only", "trusted_client_certificate_required"],
		"clients must use TLS",
	)],
}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
