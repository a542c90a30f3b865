"""Training in PyTorch: methods, networks, data sets, checkpoints. All floating point is here."""

from model.interruption import from_the_start

from_the_start()
