"""Heads: one regressor per perturbation on the features of a layer."""
