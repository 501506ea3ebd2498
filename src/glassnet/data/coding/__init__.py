"""Coding of columns: how each column of a table becomes features, and how the target becomes y."""
