"""Reaching a host: the session over PowerShell Remoting, and the calls of HNS, Docker and Windows."""
