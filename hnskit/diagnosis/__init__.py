"""What a host has, read-only: explanations, drawings and tables of a snapshot."""
