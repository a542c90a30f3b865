"""The tops of the known families of devices: a module for each, which defines TOP."""
