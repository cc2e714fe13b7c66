"""Reports: who flagged what, by which way, and what they were told."""
