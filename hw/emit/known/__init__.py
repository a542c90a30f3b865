"""The tools of the known families of devices: a module for each, which defines FAMILY."""
