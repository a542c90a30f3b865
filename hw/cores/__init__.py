"""Streaming hardware blocks in Amaranth; they know nothing of networks."""
