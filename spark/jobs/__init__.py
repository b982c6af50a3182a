"""Entry points for `spark-submit`, one per job."""
