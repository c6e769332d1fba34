"""The version of the program: what the code and the package read."""

__version__ = "0.1.0"
