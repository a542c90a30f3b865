"""A file for every board: a module here that defines BOARD is a board to build for."""
