"""Workload identities, and what each may do."""
