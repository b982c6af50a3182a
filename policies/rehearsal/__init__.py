"""The rehearsal: the real Terraform AWS provider applies a projection to a mock AWS on this machine."""
