"""Review of a table: what it holds, which columns are of no use, and how it differs from the training table."""
