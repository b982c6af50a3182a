"""Environments: what is particular to each one, the typed model of it, and what a platform hands to pipelines."""
