"""How work runs: one `map` over chunks, progress and cancelling, training jobs in a child process."""
