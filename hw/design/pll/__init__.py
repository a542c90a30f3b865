"""PLLs: a file for each family, with what it can make and its primitive."""
