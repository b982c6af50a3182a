package sluice.public_exposure.endpoints_test

import data.sluice.graph.fixture
import data.sluice.public_exposure.endpoints

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(endpoints.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

_sql := "gcp:sql/databaseInstance:DatabaseInstance"

test_private_services_pass if {
	_judged("aws:rds/instance:Instance", {}) == []
	_judged(_sql, {"settings": {"ipConfiguration": {"ipv4Enabled": false}}}) == []
	_judged("azure-native:storage:StorageAccount", {"publicNetworkAccess": "Disabled"}) == []
	_judged("azure-native:storage:StorageAccount", {"networkRuleSet": {"defaultAction": "Deny"}}) == []
	_judged("azure-native:sql:FirewallRule", {"startIpAddress": "192.0.2.1"}) == []
}

test_public_services_fail if {
	_judged("aws:rds/instance:Instance", {"publiclyAccessible": true}) == ["fail"]
	_judged(_sql, {"settings": {"ipConfiguration": {"authorizedNetworks": [{"value": "0.0.0.0/0"}]}}}) == ["fail", "fail"]
	_judged("azure-native:storage:StorageAccount", {}) == ["fail"]
	_judged("gcp:cloudfunctionsv2/function:Function", {}) == ["fail"]
	_judged("azure-native:sql:FirewallRule", {"startIpAddress": "0.0.0.0"}) == ["fail"]
}

test_unknowns_are_undetermined if {
	_judged("aws:rds/instance:Instance", {"publiclyAccessible": fixture.unknown}) == ["undetermined"]
	_judged(_sql, {"settings": fixture.unknown}) == ["undetermined"]
	_judged("azure-native:sql:FirewallRule", {"startIpAddress": fixture.unknown}) == ["undetermined"]
}

test_firewall_rules_are_looked_at if {
	graph := fixture.graph("dev", [fixture.resource("azure-native:sql:FirewallRule", "r", {"startIpAddress": "192.0.2.1"})])
	count(endpoints.examined) == 1 with input as graph
}
