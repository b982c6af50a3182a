"""The gate of a release: what must hold before it may ship to an environment."""

from releases.gate.finding import Finding
from releases.gate.invoke import Subject, check

__all__ = ["Finding", "Subject", "check"]
