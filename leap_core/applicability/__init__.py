"""Whether a model can be asked about a sample: distance to the panel, nearest lines, lineage, identity, sanity."""
