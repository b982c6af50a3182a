package sluice.encryption.in_transit_test

import data.sluice.encryption.in_transit
import data.sluice.graph.fixture

_account(inputs) := fixture.graph("dev", [fixture.resource("azure-native:storage:StorageAccount", "a", inputs)])

_listener(inputs) := fixture.graph("dev", [fixture.resource("aws:lb/listener:Listener", "l", inputs)])

test_modern_tls_passes if {
	fixture.verdicts(in_transit.findings) == [] with input as _account({"minimumTlsVersion": "TLS1_2"})
	count(in_transit.examined) == 1 with input as _account({"minimumTlsVersion": "TLS1_2"})
}

test_old_tls_and_http_fail if {
	graph := _account({"minimumTlsVersion": "TLS1_0", "enableHttpsTrafficOnly": false})
	fixture.verdicts(in_transit.findings) == ["fail", "fail"] with input as graph
}

test_versioned_module_of_azure_is_the_same_type if {
	inputs := {"minimumTlsVersion": "TLS1_0"}
	graph := fixture.graph("dev", [fixture.resource("azure-native:storage/v20230101:StorageAccount", "a", inputs)])
	fixture.verdicts(in_transit.findings) == ["fail"] with input as graph
}

test_unknown_version_is_undetermined if {
	fixture.verdicts(in_transit.findings) == ["undetermined"] with input as _account({"minimumTlsVersion": fixture.unknown})
}

test_listener_that_redirects_passes if {
	fixture.verdicts(in_transit.findings) == [] with input as _listener({"protocol": "HTTP", "defaultActions": [{"type": "redirect"}]})
}

test_plain_listener_fails if {
	fixture.verdicts(in_transit.findings) == ["fail"] with input as _listener({"protocol": "HTTP", "defaultActions": [{"type": "forward"}]})
}

test_listener_with_unknown_actions_is_undetermined if {
	fixture.verdicts(in_transit.findings) == ["undetermined"] with input as _listener({"protocol": "HTTP", "defaultActions": fixture.unknown})
}

test_numbers_as_texts_are_numbers if {
	graph := fixture.graph("dev", [fixture.resource("azure-native:eventgrid:Topic", "t", {"minimumTlsVersionAllowed": "1.2"})])
	fixture.verdicts(in_transit.findings) == [] with input as graph
}
