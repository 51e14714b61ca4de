"""The part of PowerShell that the engine `python` plays: commands, binding, expressions."""
