"""Reading: files, identifiers, score types, panels, uploaded samples."""
