"""The layered ensemble: layers, heads, recipes, fitting."""
