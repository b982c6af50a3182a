package sluice.network.private_spark_test

import data.sluice.graph.fixture
import data.sluice.network.private_spark

_judged(value) := verdicts if {
	verdicts := fixture.verdicts(private_spark.findings) with input as _graph(value)
}

_graph(value) := fixture.graph("dev", [fixture.resource("aws:glue/job:Job", "r", {"connections": value})])

test_private_passes if {
	_judged(["c"]) == []
	count(private_spark.examined) == 1 with input as _graph(["c"])
}

test_public_fails if _judged([]) == ["fail"]

test_unknown_is_undetermined if _judged(fixture.unknown) == ["undetermined"]

_cluster(config) := verdicts if {
	verdicts := fixture.verdicts(private_spark.findings) with input as fixture.graph("dev", [fixture.resource("gcp:dataproc/cluster:Cluster", "c", {"clusterConfig": {"gceClusterConfig": config}})])
}

test_dataproc if {
	_cluster({"internalIpOnly": true, "subnetwork": fixture.output("urn:s", "id")}) == []
	_cluster({"subnetwork": "s"}) == ["fail"]
	_cluster(fixture.unknown) == ["undetermined", "undetermined"]
}

_emr(attributes) := verdicts if {
	verdicts := fixture.verdicts(private_spark.findings) with input as fixture.graph("dev", [fixture.resource("aws:emr/cluster:Cluster", "c", {"ec2Attributes": attributes})])
}

test_emr_takes_one_subnet_or_several if {
	_emr({"subnetIds": ["s"]}) == []
	_emr({"instanceProfile": "p"}) == ["fail"]
	_emr({"subnetIds": fixture.unknown}) == ["undetermined"]
}
