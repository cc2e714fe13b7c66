"""Transparency: the daily report, computed from records alone."""
