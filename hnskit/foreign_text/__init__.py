"""Text of hosts, of files and of other users on its way out: escaped for its destination, secrets masked."""
