"""LASSO and elastic-net paths."""
