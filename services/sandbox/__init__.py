"""The source sandbox: a sales API and a rates feed that behave, and misbehave, like a supplier's."""
