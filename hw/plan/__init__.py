"""Plan of a network on a device: folding, memory kinds, cost model, search."""
