"""The sections of ``report.html``, a file each, found by name, and what renders them."""
