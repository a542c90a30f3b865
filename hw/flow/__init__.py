"""The steps of a build: their inputs, files and keys, the build folder, and progress on screen."""
