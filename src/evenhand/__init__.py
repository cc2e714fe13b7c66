"""Evenhand: the trust, safety and legal desk of a messenger."""
