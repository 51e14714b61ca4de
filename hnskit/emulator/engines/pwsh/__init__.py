"""What stands around a real PowerShell engine so that it takes itself to be on the emulated host."""
