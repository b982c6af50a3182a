"""The policy pack: the gate's Rego and graph rules on the resources that the Pulumi engine is about to make."""
