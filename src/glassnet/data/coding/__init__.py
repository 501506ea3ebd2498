"""Encoding: columns of a table as features X, and the target as y."""
