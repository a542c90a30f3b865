"""Long measurements, each a command that writes the table it measured."""

from model.interruption import from_the_start

from_the_start()
