"""The policy gate: captures a Pulumi Python program, projects it, checks it, reports at the Python line."""
