"""Boards, and the host side that talks to them."""

from model.interruption import from_the_start

from_the_start()
