"""Functions that events start."""
