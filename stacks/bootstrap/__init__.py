"""The Terraform program that makes what Pulumi itself needs on AWS."""
