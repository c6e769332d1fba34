"""Representation layers: expression in, latent features out. Torch is imported where a layer is trained."""
