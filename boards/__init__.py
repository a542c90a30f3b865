"""One file per board, and the host side that talks to it."""

from model.interruption import from_the_start

from_the_start()
