"""One snapshot of a host: gathered, saved, read from dumps, indexed and compared."""
