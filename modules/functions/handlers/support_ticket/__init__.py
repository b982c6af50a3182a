"""Keeps support tickets as they are announced."""
