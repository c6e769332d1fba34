"""LEAP Screen Prioritiser: predicted dependencies and drug responses of unscreened cell lines."""

__version__ = "0.1.0"
