"""Checks that what a supplier noted for a day has landed, whole."""
