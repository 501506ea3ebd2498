"""Check tables: report before a fit, find columns to leave out, detect drift after it."""
