"""Identifiers of genes: one resolver for everything."""
