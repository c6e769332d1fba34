"""Why a model predicts what it predicts: student, stability selection, pathways, biomarkers."""
