"""What is in a release, as people speak of it: DAGs and their tasks, Spark jobs, SQL models, contracts."""

from releases.contents.release import Contents, describe

__all__ = ["Contents", "describe"]
