"""The work of the commands in this room, imported once their command lines are good."""
