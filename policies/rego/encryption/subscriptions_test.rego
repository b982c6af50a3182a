package sluice.encryption.subscriptions_test

import data.sluice.encryption.subscriptions
import data.sluice.graph.fixture

_judged(type, inputs) := verdicts if {
	verdicts := fixture.verdicts(subscriptions.findings) with input as fixture.graph("dev", [fixture.resource(type, "s", inputs)])
}

_sns := "aws:sns/topicSubscription:TopicSubscription"

_pubsub := "gcp:pubsub/subscription:Subscription"

test_tls_passes if {
	_judged(_sns, {"protocol": "https"}) == []
	_judged(_sns, {"protocol": "sqs"}) == []
	_judged(_pubsub, {"pushConfig": {"pushEndpoint": "https://example.org"}}) == []
	_judged(_pubsub, {}) == []
	count(subscriptions.examined) == 1 with input as fixture.graph("dev", [fixture.resource(_sns, "s", {})])
}

test_plain_http_fails if {
	_judged(_sns, {"protocol": "http"}) == ["fail"]
	_judged(_pubsub, {"pushConfig": {"pushEndpoint": "HTTP://example.org"}}) == ["fail"]
}

test_unknown_is_undetermined if _judged(_sns, {"protocol": fixture.unknown}) == ["undetermined"]
