package sluice.encryption.at_rest_test

import data.sluice.encryption.at_rest
import data.sluice.graph.fixture

_volume(encrypted) := fixture.graph("dev", [fixture.resource("aws:ebs/volume:Volume", "data", {"encrypted": encrypted})])

test_encrypted_volume_passes if {
	fixture.verdicts(at_rest.findings) == [] with input as _volume(true)
	count(at_rest.examined) == 1 with input as _volume(true)
}

test_clear_volume_fails if {
	fixture.verdicts(at_rest.findings) == ["fail"] with input as _volume(false)
}

test_unknown_is_undetermined if {
	fixture.verdicts(at_rest.findings) == ["undetermined"] with input as _volume(fixture.unknown)
}

test_output_of_another_resource_is_undetermined if {
	fixture.verdicts(at_rest.findings) == ["undetermined"] with input as _volume(fixture.output("urn:other", "encrypted"))
}

test_root_volume_that_is_not_configured_fails if {
	graph := fixture.graph("dev", [fixture.resource("aws:ec2/instance:Instance", "vm", {"ebsBlockDevices": fixture.unknown})])
	fixture.verdicts(at_rest.findings) == ["fail", "undetermined"] with input as graph
}

test_replica_has_its_source_encryption if {
	graph := fixture.graph("dev", [fixture.resource("aws:rds/instance:Instance", "db", {"replicateSourceDb": "source"})])
	fixture.verdicts(at_rest.findings) == [] with input as graph
}

test_replica_of_something_unknown_is_undetermined if {
	graph := fixture.graph("dev", [fixture.resource("aws:rds/instance:Instance", "db", {"replicateSourceDb": fixture.unknown})])
	fixture.verdicts(at_rest.findings) == ["undetermined"] with input as graph
}

test_queue_with_a_key_needs_no_other_encryption if {
	inputs := {"kmsMasterKeyId": fixture.output("urn:key", "arn"), "sqsManagedSseEnabled": false}
	graph := fixture.graph("dev", [fixture.resource("aws:sqs/queue:Queue", "work", inputs)])
	fixture.verdicts(at_rest.findings) == [] with input as graph
}
