"""What a device is made of: LUT4, carry cells, memories, registers."""
