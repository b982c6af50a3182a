"""The `sluice` command: one small file per verb; what a verb does is owned by another room."""
