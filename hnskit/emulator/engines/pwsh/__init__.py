"""Surround a real PowerShell engine so that its scripts meet the emulated host."""
