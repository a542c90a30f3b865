"""Networks that others trained or defined: imported, held against the other program, planned."""
