"""Customer-managed keys, one per data class."""
