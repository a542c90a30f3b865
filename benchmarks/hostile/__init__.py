"""Hostile inputs: what breaks programs, given to the commands, and what they say to it."""
