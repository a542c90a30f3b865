"""The buses by which a processor reaches the registers of a core, a file each."""
