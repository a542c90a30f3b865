"""PLLs: a file with the name of each family, with what it can make, the `dividers` for a clock, and
its primitive."""
