"""The door of an emulated host: WinRM over HTTP and HTTPS on loopback."""
