"""Authorities: which there are, who speaks for them, and how we know."""
