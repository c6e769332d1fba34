"""The pilot: measure a few rows of an unscreened sample, and know the rest better."""
