"""The review of a table: a report before a fit, columns to leave out, drift after it."""
