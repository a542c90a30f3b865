"""Import of any PyTorch module, by the operations that it runs on an image."""
