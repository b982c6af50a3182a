"""One package per pipeline: `dag.py` is the only file of it that Airflow parses."""
