package sluice.secrets.in_clear_test

import data.sluice.graph.fixture
import data.sluice.secrets.in_clear

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(in_clear.findings) with input as fixture.graph("dev", [fixture.resource(type, "r", inputs)])
}

test_references_and_secrets_pass if {
	_judged("aws:rds/instance:Instance", {"password": fixture.secret, "username": "app"}) == []
	_judged("aws:lambda/function:Function", {"environment": {"variables": {"SECRET_ARN": "arn:aws:secretsmanager:x", "TOKEN_URL": "https://x/oauth"}}}) == []
	_judged("aws:rds/instance:Instance", {"password": fixture.output("random:x", "result")}) == []
	_judged("aws:ecs/taskDefinition:TaskDefinition", {"containerDefinitions": "[{\"environment\":[{\"name\":\"LOG_LEVEL\",\"value\":\"debug\"}]}]"}) == []
	graph := fixture.graph("dev", [fixture.resource("aws:sqs/queue:Queue", "r", {})])
	count(in_clear.examined) == 1 with input as graph
}

test_literal_passwords_fail if {
	_judged("aws:rds/instance:Instance", {"password": "hunter2hunter2"}) == ["fail"]
	_judged("aws:lambda/function:Function", {"environment": {"variables": {"DB_PASSWORD": "hunter2"}}}) == ["fail"]
	_judged("gcp:cloudrunv2/service:Service", {"template": {"containers": [{"envs": [{"name": "API_KEY", "value": "abcdef"}]}]}}) == ["fail"]
	_judged("aws:ecs/taskDefinition:TaskDefinition", {"containerDefinitions": "[{\"environment\":[{\"name\":\"API_KEY\",\"value\":\"abcdef\"}]}]"}) == ["fail"]
	_judged("aws:secretsmanager/secretVersion:SecretVersion", {"secretString": "abc"}) == ["fail"]
	_judged("aws:ssm/parameter:Parameter", {"type": "SecureString", "value": "abcdef"}) == ["fail"]
}

test_shapes_of_credentials_fail_anywhere if {
	_judged("aws:sqs/queue:Queue", {"name": concat("", ["AKIA", "IOSFODNN7", "EXAMPLE"])}) == ["fail"]
	_judged("aws:sqs/queue:Queue", {"name": concat("", ["postgres://app:", "hunter2", "@db/x"])}) == ["fail"]
}

_literal := {"$secret": {"origin": "literal"}}

test_secrets_that_are_written_in_the_program_fail_though_they_are_marked if {
	_judged("aws:rds/instance:Instance", {"password": _literal}) == ["fail"]
	_judged("aws:secretsmanager/secretVersion:SecretVersion", {"secretString": _literal}) == ["fail"]
	_judged("azure-native:keyvault:Secret", {"properties": {"value": _literal}}) == ["fail"]
	_judged("aws:ssm/parameter:Parameter", {"type": "SecureString", "value": _literal}) == ["fail"]
	_judged("aws:glue/connection:Connection", {"connectionProperties": {"$secret": {"origin": "literal", "literals": ["PASSWORD", "USERNAME"]}}}) == ["fail"]
}

test_marked_values_that_are_no_secrets_or_come_from_elsewhere_pass if {
	_judged("aws:ssm/parameter:Parameter", {"type": "String", "value": _literal}) == []
	_judged("aws:glue/connection:Connection", {"connectionProperties": {"$secret": {"origin": "config", "key": "k", "literals": ["USERNAME"]}}}) == []
	_judged("aws:glue/connection:Connection", {"connectionProperties": {"$secret": {"origin": "literal", "literals": ["JDBC_CONNECTION_URL"]}}}) == []
	_judged("aws:rds/instance:Instance", {"password": {"$secret": {"origin": "output", "refs": []}}}) == []
}

test_unwrapped_secret_fails if {
	_judged("aws:sqs/queue:Queue", {"name": {"$secret": {"origin": "config", "key": "k", "in_clear": true}}}) == ["fail"]
}

test_unknown_password_is_undetermined if _judged("aws:rds/instance:Instance", {"password": fixture.unknown}) == ["undetermined"]
