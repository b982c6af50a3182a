"""Object storage: one bucket per zone, and the copies in the fail-over region."""
