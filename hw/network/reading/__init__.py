"""The reading of an arch: what every layer gives, and everything that hardware cannot do."""
