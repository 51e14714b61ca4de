"""Real packets behind an emulated host, on Linux: compartments as network namespaces, endpoints as veth on bridges.

Opt-in: `hnskit emulator start NAME --network packets`. A helper process of its own holds every namespace by its open
files, none has a name, and the kernel takes all of it away when the helper ends, also by SIGKILL. Nothing in this
machine's own network is read or changed. It shows what Linux does with these packets; what follows for Windows is said
in docs/explain.md.
"""
