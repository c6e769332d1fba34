"""The layered ensemble: recipe, splits, training, and the fitted model."""
