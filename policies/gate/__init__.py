"""The policy gate: captures a Pulumi Python program, projects it, checks it, and reports at the Python line."""
