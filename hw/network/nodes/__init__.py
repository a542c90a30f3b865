"""The kinds of nodes a network is made of, a file each, found by name."""
