"""A panel: expression and responses of screened lines, aligned; where panels come from."""
