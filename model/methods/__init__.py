"""The training methods: a module for each, with a subclass of `model.methods.method.Method`."""
