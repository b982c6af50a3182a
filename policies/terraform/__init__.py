"""The real Terraform: found on this machine, given its provider, run without anything of its user's."""
