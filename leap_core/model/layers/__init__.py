"""Representation layers: maps from standardised genes to latent features."""
