"""The kinds of interfaces of a core, a file each."""
