"""The SQL warehouse."""
