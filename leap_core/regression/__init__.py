"""Regressors: latent features in, one head per perturbation out, all perturbations in one call."""
