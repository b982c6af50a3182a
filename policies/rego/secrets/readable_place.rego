# METADATA
# title: Secrets are not put where many can read them
# description: >-
#   Environment variables of functions and containers, user data, metadata, tags and job arguments are shown to
#   everybody who may look at the resource. A workload reads its secrets from the secrets service by itself.
# custom:
#   severity: high
#   category: secrets
#   fix: Pass the secret's name or ARN, and let the workload read the value with its own identity.
#   frameworks: [NIST 800-53 IA-5(7), OWASP A07]
#   mandatory: false
package sluice.secrets.readable_place

import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict

_places := {
	"aws:batch/jobDefinition:JobDefinition": [["containerProperties"]],
	"aws:codebuild/project:Project": [["environment", "environmentVariables", "*", "value"]],
	"aws:ec2/instance:Instance": [["userData"], ["userDataBase64"]],
	"aws:ec2/launchTemplate:LaunchTemplate": [["userData"]],
	"aws:ecs/taskDefinition:TaskDefinition": [["containerDefinitions"]],
	"aws:glue/job:Job": [["defaultArguments"], ["nonOverridableArguments"]],
	"aws:lambda/function:Function": [["environment", "variables"]],
	"aws:mwaa/environment:Environment": [["airflowConfigurationOptions"]],
	"azure-native:app:ContainerApp": [["template", "containers", "*", "env", "*", "value"]],
	"azure-native:compute:VirtualMachine": [["userData"], ["osProfile", "customData"]],
	"azure-native:web:WebApp": [["siteConfig", "appSettings", "*", "value"]],
	"gcp:cloudfunctionsv2/function:Function": [["serviceConfig", "environmentVariables"], ["buildConfig", "environmentVariables"]],
	"gcp:cloudrunv2/job:Job": [["template", "template", "containers", "*", "envs", "*", "value"]],
	"gcp:cloudrunv2/service:Service": [["template", "containers", "*", "envs", "*", "value"]],
	"gcp:composer/environment:Environment": [["config", "softwareConfig", "envVariables"], ["config", "softwareConfig", "airflowConfigOverrides"]],
	"gcp:compute/instance:Instance": [["metadata"], ["metadataStartupScript"]],
	"gcp:dataproc/batch:Batch": [["runtimeConfig", "properties"]],
	"gcp:dataproc/cluster:Cluster": [["clusterConfig", "gceClusterConfig", "metadata"]],
}

examined contains resource.urn if {
	some type, _ in _places
	some resource in resources.of_type(type)
}

findings contains verdict.fail(resource, "a secret is put where everybody who may look at the resource reads it", array.concat(node.path, below)) if {
	some type, paths in _places
	some resource in resources.of_type(type)
	some path in paths
	some node in values.nodes(resources.inputs(resource), path)
	[below, value] := walk(node.value)
	_has_secret(value)
	not "$secret" in below
}

# Pulumi keeps the mark of a secret on single values that are not known; only a whole that is not known hides it.
findings contains verdict.undetermined(resource, "whether a secret is put there is not known before apply", node.path) if {
	some type, paths in _places
	some resource in resources.of_type(type)
	some path in paths
	some node in values.nodes(resources.inputs(resource), path)
	values.unknown(node.value)
}

findings contains verdict.fail(resource, sprintf("the tag %s holds a secret", [tag]), array.concat(tags.path(resource), [tag])) if {
	some urn, _ in resources.types
	resource := resources.by_urn[urn]
	some tag, value in tags.of(resource)
	_has_secret(value)
}

_has_secret(value) if values.secret(value)

# Outputs that are secrets by their nature, whether or not somebody marked them.
_has_secret(value) if regex.match(_secret_outputs, value["$ref"].property)

_secret_outputs := `^(secretString|secretBinary|secretData|masterPassword|adminPassword|privateKeyPem|primaryKey|secondaryKey|primaryConnectionString|connectionString|fernetKey)$`

_has_secret(value) if {
	is_string(value)
	contains(value, "${secret:")
}
