"""Entries of the secrets service; their values are generated and never shown."""
