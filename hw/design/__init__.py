"""Plan and cores become one accelerator, then a board top."""
