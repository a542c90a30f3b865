"""The steps of a build: what each depends on, makes and remembers, and what is shown of it."""
