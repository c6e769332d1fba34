"""Ridge regressions that share what responses have in common."""
