"""From a trained checkpoint to a bitstream: network, plan, cores, design, emit."""
