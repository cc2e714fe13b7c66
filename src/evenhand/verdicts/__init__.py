"""Verdicts: rule hits folded into one verdict per event, with its reasons."""
