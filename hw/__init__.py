"""From a trained checkpoint to a bitstream: network, plan, cores, design, emit."""

from model.interruption import from_the_start

from_the_start()
