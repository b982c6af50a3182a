"""What every DAG uses. Plain functions with explicit arguments; none of them needs a running Airflow."""
