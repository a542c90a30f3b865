"""The kinds of layers that hardware computes, a file each, found by name."""
