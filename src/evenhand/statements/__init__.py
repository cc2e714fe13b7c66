"""Statements: what the DSA Transparency Database is sent of each decision."""
