"""A file for every core whose cost is fitted, with its ``BENCH``."""
