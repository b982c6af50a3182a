"""Backups: vaults, plans, the proof that they can be restored, and the orchestrator's metadata."""
