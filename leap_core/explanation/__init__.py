"""Why: students of the ensemble, how stable their genes are, and the pathways these lie in."""
