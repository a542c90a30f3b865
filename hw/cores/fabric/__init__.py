"""Cells of a device: LUT4, carry cells, memories, registers."""
