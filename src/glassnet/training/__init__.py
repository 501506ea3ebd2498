"""Train networks: plans, recipes, the training loop, and early stopping."""
