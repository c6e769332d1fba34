"""Where results are kept: a content-addressed store of safetensors, parquet and JSON."""
