"""An emulated Windows container host behind a real WinRM door.

Nothing in hnskit imports it: targets find it by entry point.
"""
