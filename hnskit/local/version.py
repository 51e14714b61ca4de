"""The version of hnskit."""

__version__ = "0.1.0"
