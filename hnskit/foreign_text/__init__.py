"""Text of hosts, files and neighbours on its way out: escaped for its destination, secrets masked."""
