"""Boards, and the host's side of the link to them."""

from model.interruption import from_the_start

from_the_start()
