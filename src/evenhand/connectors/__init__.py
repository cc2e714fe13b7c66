"""Connectors: the doors to messengers and files."""
