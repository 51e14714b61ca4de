"""The emulated host's own data plane: ports, switches, stacks and the packets between them.

Written from docs/facts.md alone. It shares no code with `explain` (`hnskit.diagnosis`) nor with what reads policies
there (`hnskit.model.policies`): what an operator is told of a host is held against this; docs/beliefs.md compares.
Each rule cites its fact, or says UNCONFIRMED.
"""
