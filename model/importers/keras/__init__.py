"""Import of Keras models of Larq, from HDF5."""
