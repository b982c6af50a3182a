package sluice.cost.sizes_test

import data.sluice.cost.sizes
import data.sluice.graph.fixture

_judged(tier, type, inputs) := verdicts if {
	verdicts := fixture.verdicts(sizes.findings) with input as fixture.graph(tier, [fixture.resource(type, "raw", inputs)])
}

_machine(type) := _judged("dev", "aws:ec2/instance:Instance", {"instanceType": type})

_gcp(type) := _judged("dev", "gcp:compute/instance:Instance", {"machineType": type})

_azure(type) := _judged("dev", "azure-native:compute:VirtualMachine", {"hardwareProfile": {"vmSize": type}})

_workgroup(inputs) := _judged("dev", "aws:redshiftserverless/workgroup:Workgroup", inputs)

_emr(cpu) := _judged("dev", "aws:emrserverless/application:Application", {"maximumCapacity": {"cpu": cpu}})

_class(name) := _judged("dev", "aws:mwaa/environment:Environment", {"maxWorkers": 2, "environmentClass": name})

test_small_sizes_pass if {
	_machine("m5.2xlarge") == []
	_gcp("n2-standard-8") == []
	_gcp("e2-medium") == []
	_gcp("custom-4-8192") == []
	_azure("Standard_D8s_v5") == []
	_workgroup({"baseCapacity": 8, "maxCapacity": 16}) == []
	_emr("16 vCPU") == []
	_class("mw1.small") == []
	graph := fixture.graph("dev", [fixture.resource("aws:ec2/instance:Instance", "b", {})])
	count(sizes.examined) == 1 with input as graph
}

test_large_sizes_fail if {
	_machine("m5.4xlarge") == ["fail"]
	_machine("m5.metal") == ["fail"]
	_gcp("zones/europe-west1-b/machineTypes/n2-highmem-16") == ["fail"]
	_gcp("n2-custom-32-8192") == ["fail"]
	_azure("Standard_E96ds_v5") == ["fail"]
	_class("mw1.large") == ["fail"]
	_emr("64 vCPU") == ["fail"]
	_judged("dev", "aws:rds/instance:Instance", {"instanceClass": "db.r6g.16xlarge"}) == ["fail"]
}

test_no_limit_fails if {
	_workgroup({"baseCapacity": 8}) == ["fail"]
	_workgroup({"maxCapacity": 512}) == ["fail", "fail"]
	_judged("dev", "aws:emrserverless/application:Application", {}) == ["fail"]
	_judged("dev", "aws:mwaa/environment:Environment", {"environmentClass": "mw1.small"}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_machine(fixture.unknown) == ["undetermined"]
	_emr(fixture.unknown) == ["undetermined"]
	_class(fixture.unknown) == ["undetermined"]
	_workgroup({"baseCapacity": 8, "maxCapacity": fixture.unknown}) == ["undetermined"]
}
