"""Projections: a resource graph as Terraform plan JSON, as a Terraform root module, or as an ARM template."""
