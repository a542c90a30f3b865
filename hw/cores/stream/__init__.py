"""Streams: buffers, width conversion, flow control by credit."""
