"""The input passport: what a sample is to a model, and how far the model can be asked about it."""
