"""Training in PyTorch: methods, networks, data, checkpoints. The only floating-point room."""

from model.interruption import from_the_start

from_the_start()
