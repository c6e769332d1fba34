"""Representation layers: expression in, latent features out. The autoencoder is the only user of torch."""
