"""The command ``purelogic``: all commands of this program under one name."""

from model.interruption import from_the_start

from_the_start()
