"""Advice about operations of PyTorch that no layer is."""

ADVICE = {
    "avg_pool2d": "an average inside a network is no threshold of sums; pool with MaxPool2d",
    "prelu": "activations are signs; train with them",
    "leaky_relu": "activations are signs; train with them",
    "slice": "a shortcut may leave out rows and columns, from the first on, but no channels and not"
    " the rest of a map; train with a 1x1 convolution in it (type B)",
    "cat": "two maps cannot be joined; give each its own network",
    "mul": "two maps are multiplied, as by XNOR-Net's scale of the input; train without it",
    "constant_pad_nd": "pad rows and columns on both sides alike",
}
"""What to do, by the name of the operation."""

OTHERWISE = "docs/convert.md has the operations that are read"
