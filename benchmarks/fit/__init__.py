"""The coefficients of costs, fitted to cores that are synthesised alone."""
