"""Turns the files that sales systems deliver into partitioned Parquet."""
