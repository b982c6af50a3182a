# METADATA
# title: Sizes fit the tier
# description: >-
#   A size that was set for one test and forgotten is the usual reason for a bill nobody expected. Each tier has
#   a largest machine and a largest capacity; more is a decision, recorded as a waiver.
# custom:
#   severity: medium
#   category: cost
#   fix: Use a smaller size, or scale out under a limit.
#   frameworks: [FinOps rate and usage optimisation, AWS Well-Architected COST06]
#   mandatory: false
package sluice.cost.sizes

import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

# Virtual CPUs of one machine, by tier.
_largest_machine := {"local": 8, "dev": 8, "staging": 16, "prod": 64}[context.tier]

# Where a type says what machine it takes.
_machines := {
	"aws:ec2/instance:Instance": [["instanceType"]],
	"aws:ec2/launchTemplate:LaunchTemplate": [["instanceType"]],
	"aws:eks/nodeGroup:NodeGroup": [["instanceTypes", "*"]],
	"aws:emr/cluster:Cluster": [["masterInstanceGroup", "instanceType"], ["coreInstanceGroup", "instanceType"]],
	"aws:msk/cluster:Cluster": [["brokerNodeGroupInfo", "instanceType"]],
	"aws:opensearch/domain:Domain": [["clusterConfig", "instanceType"]],
	"aws:rds/clusterInstance:ClusterInstance": [["instanceClass"]],
	"aws:rds/instance:Instance": [["instanceClass"]],
	"aws:redshift/cluster:Cluster": [["nodeType"]],
	"azure-native:compute:VirtualMachine": [["hardwareProfile", "vmSize"]],
	"azure-native:containerservice:ManagedCluster": [["agentPoolProfiles", "*", "vmSize"]],
	"azure-native:dbforpostgresql:Server": [["sku", "name"]],
	"gcp:compute/instance:Instance": [["machineType"]],
	"gcp:compute/instanceTemplate:InstanceTemplate": [["machineType"]],
	"gcp:container/nodePool:NodePool": [["nodeConfig", "machineType"]],
	"gcp:dataproc/cluster:Cluster": [
		["clusterConfig", "masterConfig", "machineType"],
		["clusterConfig", "workerConfig", "machineType"],
	],
	"gcp:sql/databaseInstance:DatabaseInstance": [["settings", "tier"]],
}

# Figures with a most, by tier; `null` where the service would go on without an end.
_limits := {
	"aws:redshiftserverless/workgroup:Workgroup": [
		{"path": ["baseCapacity"], "most": {"local": 8, "dev": 8, "staging": 32, "prod": 128}, "default": 128},
		{"path": ["maxCapacity"], "most": {"local": 16, "dev": 32, "staging": 64, "prod": 512}, "default": null},
	],
	"aws:rds/cluster:Cluster": [{
		"path": ["serverlessv2ScalingConfiguration", "maxCapacity"],
		"most": {"local": 8, "dev": 8, "staging": 32, "prod": 128},
		"default": 0,
	}],
	"aws:mwaa/environment:Environment": [{
		"path": ["maxWorkers"],
		"most": {"local": 2, "dev": 5, "staging": 10, "prod": 25},
		"default": 10,
	}],
	"azure-native:synapse:BigDataPool": [{
		"path": ["autoScale", "maxNodeCount"],
		"most": {"local": 3, "dev": 5, "staging": 10, "prod": 50},
		"default": 0,
	}],
	"gcp:composer/environment:Environment": [{
		"path": ["config", "workloadsConfig", "worker", "maxCount"],
		"most": {"local": 2, "dev": 5, "staging": 10, "prod": 25},
		"default": 3,
	}],
}

# Words for sizes, from the smallest up, and the largest of each tier.
_words := {
	"aws:mwaa/environment:Environment": {
		"path": ["environmentClass"],
		"order": ["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"],
		"most": {"local": "mw1.small", "dev": "mw1.small", "staging": "mw1.medium", "prod": "mw1.xlarge"},
	},
	"azure-native:synapse:BigDataPool": {
		"path": ["nodeSize"],
		"order": ["none", "small", "medium", "large", "xlarge", "xxlarge", "xxxlarge"],
		"most": {"local": "small", "dev": "small", "staging": "medium", "prod": "xlarge"},
	},
	"gcp:composer/environment:Environment": {
		"path": ["config", "environmentSize"],
		"order": ["environment_size_small", "environment_size_medium", "environment_size_large", "environment_size_extra_large"],
		"most": {
			"local": "environment_size_small",
			"dev": "environment_size_small",
			"staging": "environment_size_medium",
			"prod": "environment_size_large",
		},
	},
}

# Capacity of EMR Serverless: texts such as `64 vCPU`.
_emr := "aws:emrserverless/application:Application"

_most_vcpus := {"local": 4, "dev": 16, "staging": 64, "prod": 512}[context.tier]

_types := (object.keys(_machines) | object.keys(_limits)) | (object.keys(_words) | {_emr})

examined contains resource.urn if some resource in resources.of_types(_types)

findings contains verdict.fail(machine.resource, sprintf("%s has %d CPUs, the most in %s are %d", [machine.name, cpus, context.tier, _largest_machine]), machine.path) if {
	some machine in _named_machines
	cpus := _cpus(machine.name)
	cpus > _largest_machine
}

findings contains verdict.undetermined(machine.resource, "the size of the machine is not known before apply", machine.path) if {
	some machine in _named_machines
	values.open(machine.name)
}

_named_machines := [{"resource": resource, "name": node.value, "path": node.path} |
	some type, paths in _machines
	some path in paths
	some resource in resources.of_type(type)
	some node in values.nodes(resources.inputs(resource), path)
	node.value != null
]

findings contains verdict.fail(resource, sprintf("%s, the most in %s is %d", [_in_words(value), context.tier, limit.most[context.tier]]), limit.path) if {
	some type, limits in _limits
	some resource in resources.of_type(type)
	some limit in limits
	value := _given(values.at(resources.inputs(resource), limit.path), limit["default"])
	not values.open(value)
	not _within(value, limit.most[context.tier])
}

findings contains verdict.undetermined(resource, "the capacity is not known before apply", limit.path) if {
	some type, limits in _limits
	some resource in resources.of_type(type)
	some limit in limits
	values.open(values.at(resources.inputs(resource), limit.path))
}

findings contains verdict.fail(resource, sprintf("%s is more than %s has: %s", [value, context.tier, size.most[context.tier]]), size.path) if {
	some type, size in _words
	some resource in resources.of_type(type)
	value := values.at(resources.inputs(resource), size.path)
	is_string(value)
	not values.open(value)
	not _small_enough(size, value)
}

findings contains verdict.undetermined(resource, "the size is not known before apply", size.path) if {
	some type, size in _words
	some resource in resources.of_type(type)
	values.open(values.at(resources.inputs(resource), size.path))
}

findings contains verdict.fail(application, sprintf("the capacity must have an end of at most %d vCPU in %s", [_most_vcpus, context.tier]), ["maximumCapacity", "cpu"]) if {
	some application in resources.of_type(_emr)
	value := values.at(resources.inputs(application), ["maximumCapacity", "cpu"])
	not values.open(value)
	not _few(value)
}

findings contains verdict.undetermined(application, "the capacity is not known before apply", ["maximumCapacity", "cpu"]) if {
	some application in resources.of_type(_emr)
	values.open(values.at(resources.inputs(application), ["maximumCapacity", "cpu"]))
}

_given(value, _) := value if value != null

_given(null, default_value) := default_value

_within(value, most) if {
	is_number(verdict.plain(value))
	verdict.plain(value) <= most
}

_in_words(null) := "there is no limit"

_in_words(value) := sprintf("the capacity is %v", [value]) if value != null

_rank(order, word) := [index | some index, known in order; known == word][0]

_small_enough(size, value) if _rank(size.order, lower(value)) <= _rank(size.order, size.most[context.tier])

_few(value) if _vcpus(value) <= _most_vcpus

_vcpus(text) := to_number(regex.find_n(`[0-9]+`, sprintf("%v", [text]), 1)[0])

# Virtual CPUs out of a machine's name. A name of another form is not judged: there is no list of all machines.
_cpus(name) := [cpus | cpus := _by_form(name)][0]

_by_form(name) := _of_size(matched[1]) if {
	matched := regex.find_all_string_submatch_n(`^(?:db\.|kafka\.|cache\.)?[a-z][a-z0-9-]*\.([a-z0-9-]+?)(?:\.search)?$`, name, 1)[0]
}

_by_form(name) := to_number(matched[1]) if {
	matched := regex.find_all_string_submatch_n(`^(?:.*/)?(?:db-perf-optimized-[NC]|[a-z][a-z0-9]*(?:-standard|-highmem|-highcpu|-megamem|-ultramem))-([0-9]+)`, name, 1)[0]
}

_by_form(name) := to_number(matched[1]) if {
	matched := regex.find_all_string_submatch_n(`^(?:.*/)?(?:[a-z0-9]+-)?custom-([0-9]+)-`, name, 1)[0]
}

_by_form(name) := to_number(matched[1]) if {
	matched := regex.find_all_string_submatch_n(`^(?:Standard|Basic)_[A-Z]+([0-9]+)`, name, 1)[0]
}

_of_size(size) := _aws_sizes[size]

_of_size(size) := _times(size) if not _aws_sizes[size]

_aws_sizes := {
	"nano": 2, "micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4,
	"metal": 96, "xlplus": 4,
}

# `4xlarge` has four times the four CPUs of `xlarge`; `metal-24xl` names its size too.
_times(size) := to_number(regex.find_n(`[0-9]+`, size, 1)[0]) * 4
