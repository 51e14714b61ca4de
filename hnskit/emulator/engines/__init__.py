"""The engines behind the emulated host's door: a double in Python, and a real PowerShell."""
