"""Importers of networks trained by other programs: a module for each format, nothing guessed."""
