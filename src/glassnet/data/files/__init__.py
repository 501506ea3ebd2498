"""Files: CSV, Parquet and Arrow are read into columns, checked and held to limits; predictions are written."""
