# METADATA
# title: Messages leave over TLS
# description: >-
#   A subscription that delivers over plain HTTP sends every message in clear over the internet, however well the
#   topic itself is encrypted.
# custom:
#   severity: high
#   category: encryption
#   fix: Deliver over HTTPS, or to a queue or function of the account.
#   frameworks: [NIST 800-53 SC-8, PCI DSS 4.0 4.2]
#   mandatory: true
package sluice.encryption.subscriptions

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

requirements := {"aws:sns/topicSubscription:TopicSubscription": [{
	"path": ["protocol"],
	"must": "not",
	"values": ["http"],
	"say": "messages must not be delivered in clear",
}]}

_pushed := resources.of_type("gcp:pubsub/subscription:Subscription")

_push := ["pushConfig", "pushEndpoint"]

examined := verdict.examined(requirements) | {subscription.urn | some subscription in _pushed}

findings := verdict.findings(requirements) | _in_clear

_in_clear contains verdict.fail(subscription, "messages must not be delivered in clear", _push) if {
	some subscription in _pushed
	endpoint := values.at(resources.inputs(subscription), _push)
	is_string(endpoint)
	startswith(lower(endpoint), "http://")
}
