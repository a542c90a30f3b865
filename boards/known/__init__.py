"""The known boards: a module for each, which defines BOARD."""
