package sluice.encryption.key_rotation_test

import data.sluice.encryption.key_rotation
import data.sluice.graph.fixture

_aws(inputs) := fixture.graph("dev", [fixture.resource("aws:kms/key:Key", "k", inputs)])

_gcp(inputs) := fixture.graph("dev", [fixture.resource("gcp:kms/cryptoKey:CryptoKey", "k", inputs)])

test_rotated_keys_pass if {
	fixture.verdicts(key_rotation.findings) == [] with input as _aws({"enableKeyRotation": true})
	fixture.verdicts(key_rotation.findings) == [] with input as _gcp({"rotationPeriod": "7776000s"})
	count(key_rotation.examined) == 1 with input as _gcp({"rotationPeriod": "7776000s"})
}

test_unrotated_keys_fail if {
	fixture.verdicts(key_rotation.findings) == ["fail"] with input as _aws({})
	fixture.verdicts(key_rotation.findings) == ["fail"] with input as _gcp({})
	fixture.verdicts(key_rotation.findings) == ["fail"] with input as _gcp({"rotationPeriod": "99999999s"})
}

test_asymmetric_keys_cannot_be_rotated if {
	fixture.verdicts(key_rotation.findings) == [] with input as _aws({"customerMasterKeySpec": "RSA_4096"})
	fixture.verdicts(key_rotation.findings) == [] with input as _gcp({"purpose": "ASYMMETRIC_SIGN"})
}

test_unknowns_are_undetermined if {
	fixture.verdicts(key_rotation.findings) == ["undetermined"] with input as _aws({"enableKeyRotation": fixture.unknown})
	fixture.verdicts(key_rotation.findings) == ["undetermined"] with input as _gcp({"rotationPeriod": fixture.unknown})
	fixture.verdicts(key_rotation.findings) == ["undetermined"] with input as _gcp({"purpose": fixture.unknown})
}
