"""What several commands share: options, reading of samples, engine, progress."""
