"""Every policy of an endpoint through one model: list, add, change, remove, clear."""
