"""The words of answers, one file per language."""
