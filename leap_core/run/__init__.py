"""How things run and are kept: store, parallel map, jobs, progress, seeds."""
