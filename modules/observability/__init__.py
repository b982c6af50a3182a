"""Where the platform's own records go: who read what, and when."""
