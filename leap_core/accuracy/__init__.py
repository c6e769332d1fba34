"""Accuracy on lines that took no part in a fit: metrics, tasks, baselines, resampling."""
