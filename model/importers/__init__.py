"""Importers of networks that others trained: a file for each format, nothing guessed."""
