"""Rotates the client secret of a source system: asks the source for a new one, proves it, makes it current."""
