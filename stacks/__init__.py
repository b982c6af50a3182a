"""The Pulumi program, one file per cloud, and the engine that applies it."""
