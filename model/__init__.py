"""Training in PyTorch: methods, networks, data, checkpoints. The only floating-point room."""
