"""Installs what a checkout needs, into the checkout: standard library only, as it runs before all else."""
