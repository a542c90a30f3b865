"""The folding of single pieces: trained parameters become arrays of integers, and nodes."""
