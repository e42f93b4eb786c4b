"""A run as a file: CSV, JSON, Parquet, or a report in HTML."""
