"""PySpark jobs: pure DataFrame functions and thin entry points. Imports pyspark only."""
