"""The sections of a report in a terminal, a file each, found by name."""
