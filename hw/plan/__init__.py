"""How a network is spread over a device: folding, memory kinds, cost model, search."""
