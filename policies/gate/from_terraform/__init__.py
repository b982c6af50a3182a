"""Terraform programs in front of the gate: their JSON becomes the same resource graph as a Pulumi program."""
