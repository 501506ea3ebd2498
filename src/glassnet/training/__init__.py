"""From rows to a trained network: the plan, the generator of epochs, and when to stop."""
