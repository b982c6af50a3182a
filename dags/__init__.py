"""What Airflow runs: the runtime that every DAG uses and the pipelines themselves."""
