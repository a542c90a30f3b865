"""What stands between an accelerator and its surroundings: the serial link to a host, and frames
and registers in other people's designs."""
