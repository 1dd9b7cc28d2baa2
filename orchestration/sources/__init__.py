"""Readers that fill the raw tables: the base source and the landing folder."""
