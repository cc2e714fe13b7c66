"""Signals: columns computed from events, one file per kind of evidence."""
