"""The matrix-vector unit: sums of products with weights of +-1, and their thresholds."""
