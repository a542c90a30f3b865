"""Long measurements, each a command that writes a table of its results."""

from model.interruption import from_the_start

from_the_start()
