"""A user's samples: profiles under gene symbols in one unit."""
