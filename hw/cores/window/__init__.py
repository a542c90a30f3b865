"""The sliding window: which pixels every output position reads, from line buffers."""
