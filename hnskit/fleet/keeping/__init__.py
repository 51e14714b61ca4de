"""Keep hosts as their parameters say, for ever: what `hnskit keep` does.

A thread a host: it reads the host, puts back what is missing, proves it now and then, and waits for the host's own
events or for the interval. What is to be done it asks the host, never its memory.
"""
