"""containerd of the emulated host: pods and containers, and the tools that tell of them."""
