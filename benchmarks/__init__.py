"""Long measurements, each a command that writes the table it measured."""
