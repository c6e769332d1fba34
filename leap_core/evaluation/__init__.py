"""Honest evaluation: metrics, baselines, and the outer cross-fit that gives every row its accuracy."""
