"""One file per board, and the host side that talks to it."""
