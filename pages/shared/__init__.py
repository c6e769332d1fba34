"""What the pages share: session state, cached models, the header strip."""
