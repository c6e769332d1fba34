"""What pages, command line and API ask for: train, open, score, compare."""
