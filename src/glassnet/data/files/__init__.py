"""Read tables from CSV, Parquet and Arrow files with limits and checks, and write predictions."""
