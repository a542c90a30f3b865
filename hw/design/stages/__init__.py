"""The kinds of stages, a file each: a layer of the plan as hardware."""
