"""Files of tables: CSV, Parquet and Arrow, read with limits and checks; predictions written."""
