"""The ways of training: one file each, all of `model.methods.method.Method`'s few hooks."""
