"""The words of notices, one file per language."""
