"""Figures, from frames."""
