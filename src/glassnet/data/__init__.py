"""Read tables, encode their columns as features, check them, split their rows, write results."""
